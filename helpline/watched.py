"""What alarms watch of the server's own process."""

from collections.abc import Mapping

from cti.alarm_bell import Counted
from cti.alarms import AlarmKind
from db.left_rows import LeftRows
from helpline.clock_watch import ClockWatch
from helpline.disk import DiskWatch
from helpline.supervise import Supervisor


def watched(
    left: LeftRows, disk: DiskWatch, clock: ClockWatch | None, services: Supervisor
) -> Mapping[AlarmKind, Counted]:
    """Each figure by the alarm that is raised by it. `clock`: None, where it is moved at will."""
    return {
        AlarmKind.ROWS_KEPT: lambda: left.waiting + left.refused,
        AlarmKind.DISK_FULL: disk.used,
        AlarmKind.CLOCK_WRONG: lambda: float(clock is not None and not clock.sound()),
        AlarmKind.SERVICE_FAILING: lambda: len(services.failing()),
    }

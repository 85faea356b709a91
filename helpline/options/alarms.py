"""When a supervisor is alarmed."""

from datetime import timedelta
from typing import Annotated, Self

from pydantic import Field, model_validator

from cti.alarms import EACH_QUEUE, OF_THE_CELL, AlarmKind, AlarmRule
from helpline.options.group import LONGEST, Group

_While = Annotated[timedelta, Field(ge=timedelta(0), le=LONGEST)]


class AlarmRuleOptions(Group):
    """When a figure of the wallboard is an alarm. `queue`: one that has a rule of its own."""

    kind: AlarmKind
    threshold: Annotated[float, Field(ge=0, allow_inf_nan=False)]
    queue: str = EACH_QUEUE
    raise_after: _While = timedelta(seconds=30)
    clear_after: _While = timedelta(seconds=60)


def _rule(
    kind: AlarmKind, threshold: float, raise_after: int, clear_after: int = 60
) -> AlarmRuleOptions:
    return AlarmRuleOptions(
        kind=kind,
        threshold=threshold,
        raise_after=timedelta(seconds=raise_after),
        clear_after=timedelta(seconds=clear_after),
    )


class AlarmOptions(Group):
    """What supervisors are told of, at their wallboard and, where there is one, by webhook."""

    webhook: bool = False
    rules: tuple[AlarmRuleOptions, ...] = (
        _rule(AlarmKind.WAITING, 10, 30),
        _rule(AlarmKind.LONGEST_WAIT, 120, 10),
        _rule(AlarmKind.SERVICE_LEVEL, 0.6, 300, 300),
        _rule(AlarmKind.TRUNK_FULL, 0.9, 10),
        _rule(AlarmKind.TELEPHONES_AWAY, 0.1, 60),
        _rule(AlarmKind.AMI_DOWN, 0, 10, 10),
        _rule(AlarmKind.RECORDINGS_FAILING, 0, 60),
        _rule(AlarmKind.DIALLING_CUT_OFF, 0, 0, 0),
        _rule(AlarmKind.DEADLINES_STUCK, 0, 60),
        _rule(AlarmKind.PINS_GUESSED, 0, 0),
        _rule(AlarmKind.ROWS_LOST, 0, 0),
        _rule(AlarmKind.ROWS_KEPT, 0, 120),
        _rule(AlarmKind.DISK_FULL, 0.85, 60),
        _rule(AlarmKind.TRUNK_REFUSES, 0, 0),
        _rule(AlarmKind.MESSAGES_HELD, 20, 0),
        _rule(AlarmKind.CLOCK_WRONG, 0, 0),
        _rule(AlarmKind.SERVICE_FAILING, 0, 0),
        _rule(AlarmKind.CELL_SILENT, 15, 0, 10),
    )

    def as_rules(self) -> tuple[AlarmRule, ...]:
        """As the wallboard takes them."""
        return tuple(AlarmRule(**rule.model_dump()) for rule in self.rules)

    @model_validator(mode="after")
    def _of_the_cell_or_of_queues(self) -> Self:
        for rule in self.rules:
            if rule.kind in OF_THE_CELL and rule.queue != EACH_QUEUE:
                raise ValueError(f"alarms: {rule.kind} is the cell's, not of a queue")
        return self

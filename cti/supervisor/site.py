"""The supervisors' pages joined to a shell."""

from collections.abc import Mapping, Sequence
from functools import partial

from aiohttp import web

from access.rights import Right
from cti.alarms import AlarmRule
from cti.queue_titles import TitlesNow, titled
from cti.staffing import Plan, PlannedWeek
from cti.supervisor import (
    alarm_page,
    blocked_page,
    call_list,
    call_page,
    feedback_page,
    limit_page,
    notice_page,
    owed_page,
    quality_page,
    report_page,
    staffing_page,
    wall,
)
from cti.supervisor.call_page import CallParts
from cti.supervisor.feedback_page import AskingParts
from cti.supervisor.owed_page import OwedParts
from web.shell import MenuItem, Shell

PACKAGE = "cti.supervisor"
"""For `Shell(packages=...)`: where templates and texts are."""

MENU = (
    MenuItem("/supervisor", "menu.supervisor", Right.QUEUE_SUPERVISE),
    MenuItem("/calls", "menu.calls", Right.CALL_FIND),
    MenuItem("/reports/calls", "menu.call_reports", Right.CALL_REPORT_SEE),
    MenuItem("/quality", "menu.quality", Right.QUALITY_JUDGE),
    MenuItem("/owed-calls", "menu.owed", Right.CALLBACK_HANDLE),
    MenuItem("/feedback-tasks", "menu.tasks", Right.CALLBACK_HANDLE),
    MenuItem("/quality/form", "menu.quality_form", Right.QUALITY_FORM_SET),
    MenuItem("/my-reviews", "menu.my_reviews", Right.CALL_TAKE),
)


async def _nobody_plans(_queue: str) -> PlannedWeek | None:
    return None


def add_supervisor_pages(
    app: web.Application,
    shell: Shell,
    parts: CallParts,
    *,
    cell: str,
    wrap_up: Mapping[str, int],
    alarms: Sequence[AlarmRule] = (),
    plan: Plan = _nobody_plans,
    answer_within: Mapping[str, int] | None = None,
    titles: TitlesNow = dict,
    owed: OwedParts | None = None,
    asking: AskingParts | None = None,
) -> None:
    """All of them. `cell`: whose day is shown first; `wrap_up`: seconds by queue of that cell;
    `answer_within`: the same, of the service level; `alarms`: of the settings; `plan`: asks for
    planned seats; `titles`: what people read for the queues; `owed`: None where calls that are
    owed are not listed; `asking`: None where agents are not to call about disposals.
    """
    shell.helpers["queue_title"] = lambda language: partial(_title, titles, language)
    wall.add_routes(app, shell, cell=cell, queues=wrap_up)
    alarm_page.add_routes(app, shell)
    notice_page.add_routes(app, shell)
    blocked_page.add_routes(app, shell)
    limit_page.add_routes(app, shell, queues=wrap_up, rules=alarms)
    call_list.add_routes(app, shell, titles)
    call_page.add_routes(app, shell, parts)
    report_page.add_routes(app, shell)
    staffing_page.add_routes(app, shell, wrap_up=wrap_up, within=answer_within or {}, plan=plan)
    quality_page.add_routes(app, shell, parts)
    if owed is not None:
        owed_page.add_routes(app, shell, owed, queues=wrap_up)
    if asking is not None:
        feedback_page.add_routes(app, shell, asking)


def _title(titles: TitlesNow, language: str, name: str) -> str:
    return titled(titles(), name, language)

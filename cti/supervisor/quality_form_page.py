"""The form that calls are judged by: all its versions, and a new one."""

from collections.abc import Mapping
from dataclasses import dataclass

from aiohttp import web

from access.rights import Right, may
from access.users import ACQUIRE_SECONDS
from cti.errors import ConflictError, FieldsRefusedError
from cti.quality import Form
from cti.quality_forms import MOST_CRITERIA, Entered, checked, make_version, versions
from web.shell import RightRefusedError, Shell, Visit

PATH = "/quality/form"
_EMPTY_ROWS = 4
_NOTHING: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the page's form, by its number there; `left_out`: not in the new version."""

    n: int
    entered: Entered
    left_out: bool = False

    @property
    def counts(self) -> bool:
        """Whether it is a criterion of the new version: an empty line is none."""
        one = self.entered
        typed = one.code or one.title_hi or one.title_en or one.most
        return bool(typed) and not self.left_out


def add_routes(app: web.Application, shell: Shell, form: str) -> None:
    """`/quality/form`. `form`: its code. To be added before `/quality/{id}`."""
    pages = _Forms(form)
    right = Right.QUALITY_FORM_SET
    app.router.add_get(PATH, shell.page(pages.show, right=right))
    app.router.add_post(PATH, shell.page(pages.change, right=right))


@dataclass(frozen=True, slots=True)
class _Forms:
    code: str

    async def show(
        self,
        visit: Visit,
        *,
        problem: str = "",
        status: int = 400,
        given: Mapping[str, str] = _NOTHING,
        faults: Mapping[str, str] = _NOTHING,
    ) -> web.StreamResponse:
        async with visit.shell.pool.acquire(timeout=ACQUIRE_SECONDS) as conn:
            found = await versions(conn, self.code)
        latest = found[0].form
        titles = {"title_hi": latest.title_hi, "title_en": latest.title_en}
        return visit.render(
            "quality_form.html.j2",
            versions=found,
            rows=_given(given) if given else _rows(latest),
            given={"version": str(latest.version), "why": "", **titles, **given},
            faults=faults,
            may_change=may(visit.signed_in.person, Right.QUALITY_FORM_SET),
            problem=problem,
            status=status if problem else 200,
        )

    async def change(self, visit: Visit) -> web.StreamResponse:
        """For the whole helpline: who judges some queues does not change it for all."""
        if not may(visit.signed_in.person, Right.QUALITY_FORM_SET):
            await visit.shell.log_refusal(visit, Right.QUALITY_FORM_SET)
            raise RightRefusedError
        given = await visit.form()
        rows = [row for row in _given(given) if row.counts]
        try:
            await self._make(visit, given, rows)
        except FieldsRefusedError as error:
            faults = {_by_row(name, rows): why for name, why in error.fields.items()}
            problem = visit.say("qform.incomplete")
            return await self.show(visit, problem=problem, given=given, faults=faults)
        except ConflictError:
            problem = visit.say("qform.conflict")
            return await self.show(visit, problem=problem, status=409, given=given)
        return visit.go(PATH)

    async def _make(self, visit: Visit, given: Mapping[str, str], rows: list[Row]) -> None:
        text = given.get("version", "")
        based_on = int(text) if text.isascii() and text.isdecimal() and len(text) < 5 else 0
        criteria = checked([row.entered for row in rows])
        form = Form(
            self.code, based_on, given.get("title_hi", ""), given.get("title_en", ""), criteria
        )
        await make_version(
            visit.shell.pool, form, by=visit.by.actor, why=given.get("why", ""),
            now=visit.shell.now(),
        )  # fmt: skip


def _rows(form: Form) -> list[Row]:
    """What stands, and empty lines for what is new."""
    entered = [
        Entered(one.code, one.title_hi, one.title_en, str(one.most), one.fatal)
        for one in form.criteria
    ]
    entered += [Entered("", "", "", "")] * _EMPTY_ROWS
    return [Row(n, one) for n, one in enumerate(entered)]


def _given(given: Mapping[str, str]) -> list[Row]:
    """As it was sent, in its order."""
    numbers = (n for n in range(MOST_CRITERIA + _EMPTY_ROWS) if f"hi-{n}" in given)
    return [
        Row(
            n,
            Entered(
                given.get(f"code-{n}", ""), given.get(f"hi-{n}", ""), given.get(f"en-{n}", ""),
                given.get(f"most-{n}", ""), f"fatal-{n}" in given,
            ),
            f"out-{n}" in given,
        )
        for n in numbers
    ]  # fmt: skip


def _by_row(name: str, rows: list[Row]) -> str:
    """A fault is named by the place among the criteria; the page has it by the line."""
    field, dash, place = name.partition("-")
    return f"{field}-{rows[int(place)].n}" if dash else name

"""A text whose key is put together of a value is there for every value that can be.

Each such key of a template, a page or a script is found here by its beginning; what can follow it
is told below, of the type or of the database's constraint. Without the text there is an error page.
"""

import re
from collections.abc import Iterable
from dataclasses import fields
from pathlib import Path
from typing import Final, get_args

import pytest

from access.errors import GrantFault
from access.log import Event as AccessEvent
from access.rights import Role, Scope
from calls.model import Direction, Outcome
from calls.owed import BY_HAND, REASONS, Result
from calls.reporting import By, Fate
from complaints.disposal import DisposalKind
from complaints.history import Event
from complaints.kinds import MatterKind
from complaints.tellable import Deed
from complaints.terms import ProposalKind
from complaints.texts import DissatisfactionReason
from complaints.waiting import For
from cti.alarms import AlarmKind
from cti.asking import Step
from cti.pages import CLOSE_GONE, CLOSE_SIGNED_OUT, CLOSE_TAKEN_OVER
from cti.supervisor.site import PACKAGE
from cti.views import AgentStatus
from db.pool import Pool
from recordings.certificate import Relation
from recordings.model import Kind, State
from web.texts import Texts

ROOT: Final = Path(__file__).parents[2]
_BUILT: Final = (
    re.compile(r"""\bt\(["']([a-z_.]+[._])["'] ?~"""),
    re.compile(r"""\bsay\((?:language, )?f["']([a-z_.]+[._])\{"""),
)
_BUILT_BY_A_SCRIPT: Final = re.compile(r"\bsay\(`([a-z_]+_)\$\{")

ERRORS: Final = ("400", "403", "404", "405", "413", "429", "500", "503", "csrf")
_ANSWERED: Final = ("answered", "went_on", "handed_to_agent", "handed_to_queue", "handed_to_number")
FOLLOWS: Final[dict[str, Iterable[str]]] = {
    "alarm.": AlarmKind,
    "bundle.": ("over", "not_valid", "away"),
    "bundle.kind.": get_args(Kind),
    "bundle.state.": ("erased", "open", "lost"),
    "callpage.": Direction,
    "callpage.fault.": ("no_browser", "no_font", "not_printed", "file_changed"),
    "callpage.kind.": get_args(Kind),
    "callpage.relation.": get_args(Relation),
    "callpage.state.": get_args(State),
    "course.": (*_ANSWERED, "handed_on"),
    "desk.kinds.": MatterKind,
    "event.": AccessEvent,
    "error.title_": ERRORS,
    "error.text_": ERRORS,
    "desk.told_kinds.": DisposalKind,
    "desk.told_reasons.": DissatisfactionReason,
    "outcome.": Outcome,
    "owed.next_is.": ("under_way", "by_people", "when_free"),
    "owed.reason.": REASONS,
    "owed.result.": {*Result, *BY_HAND},
    "qform.fault_": ("count", "twice"),
    "password.fault.": ("short", "long", "monotone", "name"),
    "report.": Fate,
    "report.by_": By,
    "report.day_": map(str, range(7)),
    "role.": Role,
    "scope.": [one.name for one in fields(Scope)],
    "tasks.fault.": ("over", "taken", "not_allowed", "not_now"),
    "user.": [one.name for one in fields(Scope)],
    "user.fault.": ("form", "unknown", "taken", "had", "last_administrator", "no_number"),
    "user.fault.grant_": set(GrantFault) - {GrantFault.GONE},
    "wall.": set(AgentStatus) - {AgentStatus.SIGNED_OUT},
    "waiting.": For,
    "waiting.proposal.": ProposalKind,
}
#: Of these the database's constraint is all that says what can be.
HELD_BY: Final = {
    "callpage.act.": "desk_action_action_check",
    "owed.act.": "callback_note_act_check",
    "desk.js.state_": "complaint_state_check",
    "desk.js.kind_": "place_kind_check",
}
SCRIPTS: Final[dict[str, Iterable[str]]] = {
    "asked_": ("agent", "number"),
    "call_asking_": set(Step) - {Step.NOBODY},
    "closed_": (str(CLOSE_SIGNED_OUT), str(CLOSE_TAKEN_OVER), str(CLOSE_GONE)),
    "help_": ("taken", "closed"),
    "outcome_": {*Outcome, "open"},
    "result_": ("registered", "in_triage", "added", "advised", "answered", "thanked"),
    "scheme_": ("who", "how", "documents", "where"),
    "script_": ("greeting", "questions", "closing"),
    "status_": {*AgentStatus, "offline", "no_link"},
    "told_": Deed,
    "told_result_": (
        Event.CLOSED_SATISFIED, Event.RETURNED_FOR_REVIEW, Event.ESCALATED_DISSATISFIED,
        Event.REOPENED, Event.WITHDRAWN, Event.ANSWERED, Event.DISPOSED, Event.NOTED,
    ),
    "trouble_": ("microphone", "relay", "sound", "media"),
}  # fmt: skip
#: The script asks first whether there is such a text, or the beginning is one of whole keys.
_UNSURE: Final = {"language_"}
#: Words that a page lists in full beside the key, and whatever else has its text by its own name.
_LISTED: Final = {"desk.", "error.", "owed.language.", "told_wait.", "wall.do."}


@pytest.fixture
def texts() -> Texts:
    return Texts(["web", "cti", PACKAGE])


def _lacking(texts: Texts, prefix: str, values: Iterable[str]) -> list[str]:
    return [key for key in (f"{prefix}{one}" for one in values) if not texts.has(key)]


def _sources(*endings: str, folders: Iterable[str]) -> str:
    found = (one for folder in folders for one in (ROOT / folder).rglob("*"))
    return "\n".join(
        one.read_text(encoding="utf-8")
        for one in found
        if one.suffix in endings and "node_modules" not in one.parts
    )


def test_every_value_that_a_page_can_show_has_its_words(texts: Texts) -> None:
    wanted = FOLLOWS | {f"desk.js.{key}": values for key, values in SCRIPTS.items()}
    assert [one for prefix, of in wanted.items() for one in _lacking(texts, prefix, of)] == []


@pytest.mark.parametrize(("prefix", "constraint"), HELD_BY.items())
async def test_every_value_that_the_database_takes_has_its_words(
    texts: Texts, emptied: Pool, prefix: str, constraint: str
) -> None:
    definition = await emptied.fetchval(
        "select pg_get_constraintdef(oid) from pg_constraint where conname = $1", constraint
    )
    values = re.findall(r"'([a-z_]+)'::text", definition)
    assert len(values) > 2
    assert _lacking(texts, prefix, values) == []


def test_every_key_that_is_put_together_is_told_here() -> None:
    pages = _sources(".py", ".j2", folders=("web", "cti"))
    built = {prefix for one in _BUILT for prefix in one.findall(pages)}
    scripts = set(_BUILT_BY_A_SCRIPT.findall(_sources(".js", folders=("web/js",))))
    assert len(built) > 25
    assert len(scripts) > 10
    assert built - FOLLOWS.keys() - HELD_BY.keys() - _LISTED == set()
    assert {f"desk.js.{one}" for one in scripts - SCRIPTS.keys() - _UNSURE} <= HELD_BY.keys()

"""What the call flows of a cell speak with and write to, joined to the database."""

from collections.abc import Callable
from dataclasses import dataclass

from agi import ports
from agi.ports import (
    CallbackBook,
    FeedbackBook,
    Gate,
    Journal,
    OfficersDesk,
    OpenNow,
    OpenQuestions,
    PlaceBook,
    Prompts,
    StatusBook,
    WordSounds,
)
from calls.journal import CallJournal
from cti.views import AgentStatus
from db.group_commit import GroupCommit
from db.pool import Pool
from helpline.adapters import Answers, CallbackRows, OpenFeedback, link_signer
from helpline.cell import state_folder
from helpline.clock import Clock
from helpline.known_agents import AgentNumbers, KnownAgents
from helpline.officers import OfficersByTelephone
from helpline.reception import StatusRows, opening_book
from helpline.settings import Settings
from helpline.sign_in import passwords
from recordings.capture import Capture


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowParts:
    """What the flows speak with and write to. `questions` None: who calls back is not asked."""

    journal: Journal
    capture: ports.Capture
    callbacks: CallbackBook
    book: FeedbackBook
    prompts: Prompts
    words: WordSounds
    english_words: WordSounds | None
    status: StatusBook
    gate: Gate
    open_now: OpenNow
    places: PlaceBook
    questions: OpenQuestions | None
    known: ports.KnownAgents
    served: ports.Served
    officers: OfficersDesk
    now: Clock
    offers_call_back: bool = True


def flow_parts(
    settings: Settings,
    pool: Pool,
    commit: GroupCommit,
    now: Clock,
    *,
    prompts: Prompts,
    words: WordSounds,
    english_words: WordSounds | None,
    gate: Gate,
    places: PlaceBook,
    seated: Callable[[str, str], AgentStatus | None],
    served: ports.Served,
    numbers: AgentNumbers,
) -> FlowParts:
    """`english_words`: None where citizens are not spoken to in English.

    `seated`: what an agent does who is a member of a queue; None: they are none."""
    cell, policy, signer = settings.cell, settings.rules, link_signer(settings, now)
    return FlowParts(
        journal=CallJournal(commit),
        capture=Capture(commit, now, cell.name, state_folder(settings).captures),
        callbacks=CallbackRows(pool, now, settings.guards.called),
        book=Answers(pool, policy, now, signer),
        prompts=prompts,
        words=words,
        english_words=english_words,
        status=StatusRows(pool),
        gate=gate,
        open_now=opening_book(settings, pool, now),
        places=places,
        known=KnownAgents(pool, cell, seated, now, numbers),
        served=served,
        questions=OpenFeedback(pool, policy, now, signer),
        offers_call_back=settings.hours.call_back,
        officers=OfficersByTelephone(
            pool, policy, passwords(settings), now, cell.officers_line.wrong_pins_an_hour
        ),
        now=now,
    )

"""What is filled in at registration, and what comes of it."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from complaints.guidance.answers import KeptAnswer
from complaints.kinds import MatterKind, Source


@dataclass(frozen=True, slots=True)
class SchemeVersion:
    """Which text of which scheme."""

    code: str
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """What the agent's form holds.

    `key`: made by the page once per form, so that a double click registers once.
    `contact`: whom the feedback call goes to. `call_id`: the call in which it was registered.
    `source` None: by phone where there is a call, else by an agent.
    `citizen_id`: who is speaking, chosen from those known on the number (`caller.citizens_on`);
    `links_number`: or somebody known on another one, who uses this one too. None: whoever has the
    name that was said.
    `answer`: of information that the agent has at hand. `scheme`: which scheme's text it is, with
    its version. `answers`: to the category's fields, as they are kept.
    `adds_to`: number of the older complaint that this only adds to. `separate`: it is another
    matter than those that are open, so say citizen and agent.
    `told_to`: the agent who is asked about duplicates; None: somebody from whom nothing is hidden.
    """

    key: UUID
    contact: str
    category: str
    place: str
    text: str
    citizen_name: str | None = None
    language: str = "hi"
    call_id: UUID | None = None
    kind: MatterKind = MatterKind.COMPLAINT
    incident: bool = False
    confidential: bool = False
    source: Source | None = None
    citizen_id: UUID | None = None
    links_number: bool = False
    answer: str | None = None
    adds_to: str | None = None
    separate: bool = False
    scheme: SchemeVersion | None = None
    answers: tuple[KeptAnswer, ...] = field(default=(), repr=False)
    told_to: str | None = None

    @property
    def is_self_service(self) -> bool:
        """Nobody of ours confirmed who speaks."""
        return self.source is not None and self.source.is_self_service

    @property
    def is_confirmed(self) -> bool:
        """Whoever registers it has made sure who speaks."""
        return self.source is None or self.source.is_heard


@dataclass(frozen=True, slots=True)
class Registered:
    """An officer has it. What the citizen is told, the same for every repeat with the same key.

    `post_title_en`: empty where the post has none.
    """

    number: str
    complaint_id: UUID
    level: int
    post_id: str
    post_title: str
    due_at: datetime
    post_title_en: str = ""


@dataclass(frozen=True, slots=True)
class InTriage:
    """The CM's team looks at it first: no officer has it yet, and no time limit runs for one.

    `look_by`: by when they look; then it goes to the officer by itself. For us, not a deadline that
    a citizen is told.
    """

    number: str
    complaint_id: UUID
    look_by: datetime


@dataclass(frozen=True, slots=True)
class SettledAtDesk:
    """It ended at once. `state`: advised, answered or thanked; `text`: where to go, the answer."""

    number: str
    complaint_id: UUID
    state: str
    text: str


@dataclass(frozen=True, slots=True)
class AddedTo:
    """No new file: the words went to the older complaint, whose number this is.

    `disposed`: it is disposed of, and awaits its citizen's answer.
    """

    number: str
    complaint_id: UUID
    disposed: bool = False


TakenUp = Registered | InTriage | SettledAtDesk | AddedTo

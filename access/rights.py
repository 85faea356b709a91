"""Who may do what: one table of roles and rights, and `may(person, right, subject)`."""

from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class Right(StrEnum):
    """Something that a person may do, or may not."""

    CALL_TAKE = "call_take"  # answer citizens at an own desk
    COMPLAINT_REGISTER = "complaint_register"
    COMPLAINT_READ = "complaint_read"
    COMPLAINT_DISPOSE = "complaint_dispose"  # report what was done, reply, ask for time
    COMPLAINT_TRANSFER = "complaint_transfer"
    COMPLAINT_FORWARD = "complaint_forward"  # sort fresh and returned ones
    SPECIAL_CLOSE = "special_close"
    CITIZEN_IDENTIFY = "citizen_identify"  # see name and number, not masked
    CONFIDENTIAL_SEE = "confidential_see"  # complaints marked confidential
    RECORDING_LISTEN = "recording_listen"
    LAST_CALLS_HEAR = "last_calls_hear"  # of the citizen with whom one speaks now
    RECORDING_ERASE = "recording_erase"
    RECORDING_HOLD = "recording_hold"  # keep one beyond its retention, and let it go again
    RECORDING_CERTIFY = "recording_certify"  # hand one out with its certificate
    CALLBACK_HANDLE = "callback_handle"  # see to whom a call is owed, take one, close one
    CALL_FIND = "call_find"  # look calls up, with their times and recordings
    SEALED_OPEN = "sealed_open"  # what a citizen answered to a sensitive field
    CITIZEN_CALL = "citizen_call"  # call citizens to check (R29)
    QUEUE_SUPERVISE = "queue_supervise"  # wallboard, listen, whisper, pause, move
    CALLER_BLOCK = "caller_block"  # keep an abusive caller out of the whole helpline
    QUALITY_JUDGE = "quality_judge"
    QUALITY_FORM_SET = "quality_form_set"  # make a new version of what is judged
    CAMPAIGN_RUN = "campaign_run"
    REPORT_SEE = "report_see"
    CALL_REPORT_SEE = "call_report_see"  # the figures of queues and agents
    USER_ADMINISTER = "user_administer"
    SETTING_CHANGE = "setting_change"  # policies, categories, posts, templates
    LOG_SEE = "log_see"  # who did what


class Role(StrEnum):
    """What a person is in the helpline. Citizens never sign in."""

    AGENT = "agent"
    SUPERVISOR = "supervisor"
    QUALITY_AUDITOR = "quality_auditor"
    OFFICER = "officer"
    DEPARTMENT_HEAD = "department_head"
    DISTRICT_MAGISTRATE = "district_magistrate"
    CM_OFFICE = "cm_office"
    ADMINISTRATOR = "administrator"


_R = Right

#: The table. A row is a role; what is not in it, the role may not.
RIGHTS_OF: dict[Role, frozenset[Right]] = {
    Role.AGENT: frozenset(
        {
            _R.CALL_TAKE, _R.COMPLAINT_REGISTER, _R.COMPLAINT_READ, _R.CITIZEN_IDENTIFY,
            _R.LAST_CALLS_HEAR, _R.CALLBACK_HANDLE,
        }
    ),
    Role.SUPERVISOR: frozenset(
        {
            _R.COMPLAINT_REGISTER, _R.COMPLAINT_READ, _R.CITIZEN_IDENTIFY, _R.RECORDING_LISTEN,
            _R.QUEUE_SUPERVISE, _R.QUALITY_JUDGE, _R.CAMPAIGN_RUN, _R.REPORT_SEE, _R.CALL_FIND,
            _R.CALL_REPORT_SEE, _R.RECORDING_HOLD, _R.CALLER_BLOCK, _R.CALLBACK_HANDLE,
        }
    ),
    Role.QUALITY_AUDITOR: frozenset(
        {
            _R.COMPLAINT_READ, _R.RECORDING_LISTEN, _R.QUALITY_JUDGE, _R.REPORT_SEE, _R.CALL_FIND,
            _R.CALL_REPORT_SEE, _R.QUALITY_FORM_SET,
        }
    ),
    Role.OFFICER: frozenset(
        {
            _R.COMPLAINT_READ, _R.COMPLAINT_DISPOSE, _R.COMPLAINT_TRANSFER, _R.SPECIAL_CLOSE,
            _R.CITIZEN_IDENTIFY, _R.CITIZEN_CALL, _R.RECORDING_LISTEN, _R.SEALED_OPEN, _R.CALL_FIND,
        }
    ),
    Role.DEPARTMENT_HEAD: frozenset(
        {
            _R.COMPLAINT_READ, _R.COMPLAINT_TRANSFER, _R.CITIZEN_IDENTIFY, _R.CITIZEN_CALL,
            _R.RECORDING_LISTEN, _R.REPORT_SEE, _R.CALL_FIND,
        }
    ),
    Role.DISTRICT_MAGISTRATE: frozenset(
        {
            _R.COMPLAINT_READ, _R.COMPLAINT_TRANSFER, _R.CITIZEN_IDENTIFY, _R.CITIZEN_CALL,
            _R.RECORDING_LISTEN, _R.REPORT_SEE, _R.CALL_FIND,
        }
    ),
    Role.CM_OFFICE: frozenset(
        {
            _R.COMPLAINT_READ, _R.COMPLAINT_FORWARD, _R.COMPLAINT_TRANSFER, _R.SPECIAL_CLOSE,
            _R.CITIZEN_IDENTIFY, _R.CONFIDENTIAL_SEE, _R.CITIZEN_CALL, _R.RECORDING_LISTEN,
            _R.REPORT_SEE, _R.CALL_FIND, _R.RECORDING_HOLD, _R.RECORDING_CERTIFY,
            _R.CALL_REPORT_SEE, _R.SEALED_OPEN,
        }
    ),
    # Runs the system; what citizens said is not an administrator's to read.
    Role.ADMINISTRATOR: frozenset(
        {
            _R.USER_ADMINISTER, _R.SETTING_CHANGE, _R.LOG_SEE, _R.REPORT_SEE, _R.CAMPAIGN_RUN,
            _R.RECORDING_ERASE, _R.CALL_REPORT_SEE, _R.QUALITY_FORM_SET,
        }
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Where a role is held. Every part that is given narrows it; none: the whole tenant."""

    department: str | None = None
    place: str | None = None
    post: str | None = None
    queue: str | None = None

    @property
    def parts(self) -> dict[str, str]:
        """The parts that are given, by name."""
        named = ((field.name, getattr(self, field.name)) for field in fields(self))
        return {name: value for name, value in named if value is not None}


TENANT = Scope()

#: Which parts a role's scope has to name, and which it can name besides.
SCOPES_OF: dict[Role, tuple[frozenset[str], frozenset[str]]] = {
    Role.AGENT: (frozenset(), frozenset({"queue"})),
    Role.SUPERVISOR: (frozenset(), frozenset({"queue"})),
    Role.QUALITY_AUDITOR: (frozenset(), frozenset({"queue"})),
    Role.OFFICER: (frozenset({"post"}), frozenset()),
    Role.DEPARTMENT_HEAD: (frozenset({"department"}), frozenset({"place"})),
    Role.DISTRICT_MAGISTRATE: (frozenset({"place"}), frozenset({"department"})),
    Role.CM_OFFICE: (frozenset(), frozenset()),
    Role.ADMINISTRATOR: (frozenset(), frozenset()),
}


def fitting(role: Role, scope: Scope) -> bool:
    """Whether the role can be held within such a scope."""
    needed, allowed = SCOPES_OF[role]
    given = frozenset(scope.parts)
    return needed <= given <= needed | allowed


@dataclass(frozen=True, slots=True)
class Grant:
    """A role that a person holds. `id` is None where it comes from an officer's tenure."""

    role: Role
    scope: Scope = TENANT
    id: UUID | None = None
    from_at: datetime | None = None
    until_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What a right is asked about. Nothing given: the helpline as a whole.

    `places`: codes of its place and of all places around it; `posts`: every post that it is, or
    was, with; `queues`: every queue that it stayed in.
    """

    department: str | None = None
    places: frozenset[str] = frozenset()
    posts: frozenset[str] = frozenset()
    queues: frozenset[str] = frozenset()


WHOLE = Subject()


@dataclass(frozen=True, slots=True)
class Person:
    """Someone who signed in, with what is granted to them now."""

    id: UUID
    sign_in_name: str
    display_name: str
    language: str
    agent_id: str | None
    grants: tuple[Grant, ...]

    @property
    def actor(self) -> str:
        """As histories and logs name them."""
        return f"user:{self.id}"

    @property
    def posts(self) -> frozenset[str]:
        """The posts that they speak for."""
        return frozenset(grant.scope.post for grant in self.grants if grant.scope.post)

    @property
    def roles(self) -> frozenset[Role]:
        """All roles, wherever they are held."""
        return frozenset(grant.role for grant in self.grants)


def may(person: Person, right: Right, subject: Subject = WHOLE) -> bool:
    """Whether one of the person's roles has the right, within a scope that holds the subject."""
    return any(
        right in RIGHTS_OF[grant.role] and covers(grant.scope, subject) for grant in person.grants
    )


def may_somewhere(person: Person, right: Right) -> bool:
    """Whether there is anything that the person may do it to: is the page for them at all?"""
    return any(right in RIGHTS_OF[grant.role] for grant in person.grants)


def scopes_with(person: Person, right: Right) -> tuple[Scope, ...]:
    """Where the person may do it, for lists that show only what is within."""
    return tuple(grant.scope for grant in person.grants if right in RIGHTS_OF[grant.role])


def covers(scope: Scope, subject: Subject) -> bool:
    """Whether all that the scope names is true of the subject: one of many is enough."""
    return (
        scope.department in (None, subject.department)
        and (scope.place is None or scope.place in subject.places)
        and (scope.post is None or scope.post in subject.posts)
        and (scope.queue is None or scope.queue in subject.queues)
    )

"""Where two rooms meet that do not know each other: each class fits one room's port to another."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from uuid import UUID

import structlog

from agi.ports import About, FeedbackAnswer, OpenQuestion
from calls.model import Outcome
from calls.store import owe_callback
from campaigns.originator import DialRequest
from campaigns.originator import OriginateReply as DialReply
from complaints import bundle_link, feedback
from complaints.errors import NotAwaitingFeedbackError
from complaints.feedback import Answer
from complaints.notifications import Signer
from complaints.policy import Policy
from complaints.spoken import Grace
from complaints.texts import DissatisfactionReason
from cti.ami import AmiLink
from cti.originate import OriginateCommand
from db.errors import AWAY, stop_if_cancelled
from db.pool import Pool
from dialplans import names
from helpline.clock import Clock
from helpline.clock_watch import Sound, always
from helpline.keys import signing_key
from helpline.settings import Settings

_log = structlog.get_logger(__name__)
_ORIGINATE_SECONDS = 8.0


class CallbackRows:
    """`agi.ports.CallbackBook` as rows."""

    def __init__(self, pool: Pool, now: Clock, called: Sequence[str]) -> None:
        """`called`: what the numbers begin with that we call."""
        self._pool = pool
        self._now = now
        self._called = called

    async def owe(
        self, call_id: UUID, number: str | None, reason: Outcome, queue: str | None = None
    ) -> bool:
        """We owe the caller a call; False: no number is known, or it is none that we call."""
        async with self._pool.acquire(timeout=2) as conn:
            return await owe_callback(
                conn, call_id, number, reason, self._now(), queue, self._called
            )


class LinkSigner:
    """Signed links to what officers are handed, good for `lifetime`."""

    def __init__(self, secret: bytes, public_url: str, lifetime: timedelta, now: Clock) -> None:
        self._secret = secret
        self._public_url = public_url
        self._lifetime = lifetime
        self._now = now

    def __call__(self, bundle_id: UUID) -> str:
        """The link that opens one bundle."""
        expires = self._now() + self._lifetime
        return bundle_link.sign(self._secret, self._public_url, bundle_id, expires)


def link_signer(settings: Settings, now: Clock) -> LinkSigner:
    """Signs with the key of the state folder, for as long as the settings say."""
    http = settings.http
    lifetime = timedelta(days=http.link_days)
    return LinkSigner(signing_key(settings), http.public_url, lifetime, now)


class Answers:
    """`agi.ports.FeedbackBook` through the complaint's use case."""

    def __init__(self, pool: Pool, policy: Policy, now: Clock, signer: Signer) -> None:
        self._pool = pool
        self._policy = policy
        self._now = now
        self._signer = signer

    async def confirmed(self, attempt_id: UUID) -> None:
        """The call belongs to the complaint, with its recordings."""
        await feedback.confirmed(self._pool, attempt_id)

    async def record(
        self, attempt_id: UUID, answer: FeedbackAnswer, grace: Grace | None = None
    ) -> bool:
        """Record the answer, once; of what was settled meanwhile the call alone."""
        try:
            await feedback.record(
                self._pool,
                attempt_id=attempt_id,
                answer=_answer(answer),
                policy=self._policy,
                now=self._now(),
                signer=self._signer,
                grace=grace,
            )
        except NotAwaitingFeedbackError:
            _log.info("settled before the answer", attempt=str(attempt_id))
            await feedback.confirmed(self._pool, attempt_id)
            return False
        return True

    async def language(self, call_id: UUID) -> str | None:
        """The citizen's; without a database the one that most people have."""
        try:
            return await feedback.language_of(self._pool, call_id)
        except AWAY as error:
            stop_if_cancelled()
            _log.warning("language of a citizen not known", error=repr(error))
            return None

    async def about(self, attempt_id: UUID) -> About | None:
        """The complaint; without a database it is not named."""
        try:
            found = await feedback.asked_about(self._pool, attempt_id)
        except AWAY as error:
            stop_if_cancelled()
            _log.warning("complaint of a feedback call not known", error=repr(error))
            return None
        return None if found is None else About(found.number, found.subject, found.subject_en)


class OpenFeedback:
    """`agi.ports.OpenQuestions` through the complaint's use cases: who calls back is asked."""

    def __init__(self, pool: Pool, policy: Policy, now: Clock, signer: Signer) -> None:
        self._pool = pool
        self._policy = policy
        self._now = now
        self._signer = signer

    async def open_for(self, number: str) -> OpenQuestion | None:
        """What this number was called about, in vain; None while the dialer has not tried yet."""
        found = await feedback.open_question_for(self._pool, number)
        if found is None or not found.was_called_about:
            return None
        about = None
        if not found.confidential:
            about = About(found.number, found.subject, found.subject_en)
        return OpenQuestion(found.complaint_id, found.disposal_no, found.language, about)

    async def record_told(
        self,
        call_id: UUID,
        question: OpenQuestion,
        answer: FeedbackAnswer,
        grace: Grace | None = None,
    ) -> bool:
        """Record it; what was settled meanwhile stays as it is, with this call beside it."""
        try:
            await feedback.record_called_back(
                self._pool,
                question.complaint_id,
                question.disposal_no,
                call_id=call_id,
                answer=_answer(answer),
                policy=self._policy,
                now=self._now(),
                signer=self._signer,
                grace=grace,
            )
        except NotAwaitingFeedbackError:
            _log.info("settled before the answer", complaint=str(question.complaint_id))
            await feedback.said_in(self._pool, question.complaint_id, call_id)
            return False
        return True


def _answer(given: FeedbackAnswer) -> Answer:
    reason = DissatisfactionReason(given.reason_code) if given.reason_code else None
    return Answer(given.satisfied, reason, given.recording_id)


class TrunkOriginator:
    """`campaigns.originator.Originator` and `campaigns.callbacks.Returner` over the AMI link."""

    def __init__(
        self,
        link: AmiLink,
        live_calls: Callable[[], frozenset[UUID] | None],
        sound: Sound = always,
    ) -> None:
        """`sound`: whether the hour is known at which citizens would be called."""
        self._link = link
        self._live_calls = live_calls
        self._sound = sound

    @property
    def ready(self) -> bool:
        """Whether the link is up and in step, and our clock right."""
        return self._link.ready and self._sound()

    async def originate(self, request: DialRequest) -> DialReply:
        """Ask for the call, once."""
        attempt = str(request.attempt_id)
        command = OriginateCommand(
            channel_id=request.attempt_id,
            channel=names.dial_trunk(request.number),
            context=names.CONTEXT_FEEDBACK,
            exten=names.EXTEN_START,
            caller_id=request.caller_id,
            timeout_ms=request.ring_seconds * 1000,
            variables={f"__{names.VAR_CALL}": attempt},
        )
        reply = await self._link.originate(command, timeout=_ORIGINATE_SECONDS)
        return DialReply(reply.value)

    async def call_back(self, request: DialRequest, left_call: UUID) -> DialReply:
        """Ask for the call, once: it goes on to the queue, at the place of the call that left."""
        command = OriginateCommand(
            channel_id=request.attempt_id,
            channel=names.dial_trunk(request.number),
            context=names.CONTEXT_RETURNING,
            exten=names.EXTEN_START,
            caller_id=request.caller_id,
            timeout_ms=request.ring_seconds * 1000,
            variables={
                f"__{names.VAR_CALL}": str(request.attempt_id),
                names.VAR_LEFT_CALL: str(left_call),
            },
        )
        reply = await self._link.originate(command, timeout=_ORIGINATE_SECONDS)
        return DialReply(reply.value)

    async def live_calls(self) -> frozenset[UUID] | None:
        """Our calls that have a channel here."""
        return self._live_calls()

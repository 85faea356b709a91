"""One complaint's life up to now, by the rules of `complaints.lifecycle`, drawn by chance.

Shares are those of a state's helpline: half of the disposals in time at the first levels, every
third call for feedback answered, two thirds of those asked are satisfied.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from uuid import UUID

from bench.complaints.country import Matter
from bench.complaints.people import Citizen
from bench.complaints.rows import CELL, Chain, Lived, Page
from complaints import lifecycle, texts
from complaints.disposal import DisposalKind
from complaints.ends import OwnWord, Ruling, SpecialReason
from complaints.history import Entry, Event
from complaints.lifecycle import AwaitingFeedback, WithOfficer
from complaints.mapping import Post
from complaints.notifications import Kind, Notification
from complaints.texts import DissatisfactionReason, Variables

_IN_TIME = {1: 0.62, 2: 0.68, 3: 0.75, 4: 0.70}
_LATE_DAYS = 90.0  # mean, after the last level's limit
_WITHDRAWN, _SPECIALLY_CLOSED = 0.01, 0.05  # of the stays with an officer, and from L2 on
_REACHED, _SATISFIED, _GIVES_REASON = 0.30, 0.65, 0.85
_BY_PHONE = 0.80
_ATTEMPTS_AFTER = (timedelta(minutes=20), timedelta(hours=1), timedelta(hours=7), timedelta(days=1))
_OTHER_CALLS = 3.9  # 78 % of the calls are about something else, 20 % are complaints
_TEXTS = (
    "{place} में {what} की समस्या पिछले {n} महीने से है। कई बार कार्यालय में "
    "प्रार्थना पत्र दिया गया, परंतु कोई कार्यवाही नहीं हुई। "
    "परिवार के {n} सदस्य इससे परेशान हैं।",
    "ग्राम पंचायत के {n} नंबर वार्ड में {what}। संबंधित कर्मचारी {n} दिन बाद आने को "
    "कहते हैं और नहीं आते। {place} के लोगों का अनुरोध है कि "
    "शीघ्र जांच कराकर समस्या का निस्तारण कराया जाए।",
    "{what}: {place} में मेरा प्रकरण {n} सप्ताह से लंबित है, फोन करने पर कोई उत्तर नहीं मिलता।",
)
_USED_UP = "attempts used up"
_REPORTS = (
    "मौके पर जाकर जांच की गई तथा समस्या का निस्तारण करा दिया गया है।",
    "शिकायतकर्ता से दूरभाष पर वार्ता की गई। कार्य पूर्ण करा दिया गया है, शिकायतकर्ता संतुष्ट हैं।",
    "प्रकरण की जांच करायी गयी। बजट प्राप्त होने पर कार्य कराया जाना संभव होगा।",
)


@dataclass(frozen=True, slots=True)
class Birth:
    """How a complaint begins."""

    id: UUID
    number: str
    citizen: Citizen
    contact: str
    matter: Matter
    at: datetime


class Life:
    """Lives it, and writes down what the use cases would have written. `now`: where it ends.

    `thin_before`: of complaints older than that, what an operator would put away first is left
    out: messages, recordings, calls that nobody answered and calls about other things.
    """

    def __init__(
        self, page: Page, birth: Birth, rng: Random, now: datetime, thin_before: datetime
    ) -> None:
        self._page, self._birth, self._rng, self._now = page, birth, rng, now
        self._whole = birth.at >= thin_before
        self._chain = Chain(page, birth.id)
        self._changed_at = birth.at
        self._end_entry: int | None = None
        self._recordings: list[UUID] = []

    def live(self) -> Lived:
        """Until it has ended or `now` has come; the state then."""
        text = self._rng.choice(_TEXTS).format(
            place=self._birth.matter.place_name,
            what=self._birth.matter.category_name,
            n=self._rng.randrange(2, 90),
        )
        state: Lived = self._register(text)
        following: Lived | None = state
        while following is not None:
            state = following
            following = self._next(state)
        birth = self._birth
        self._page.complaint(
            (birth.citizen.id, birth.contact),
            (birth.id, birth.number, birth.matter.category, birth.matter.place, text),
            (birth.at, self._changed_at),
            state,
            (self._chain.seq, self._chain.head),
            self._end_entry,
        )
        return state

    def _next(self, state: Lived) -> Lived | None:
        match state:
            case WithOfficer():
                return self._with_officer(state)
            case AwaitingFeedback():
                return self._ask(state)
            case _:
                return None

    def _register(self, text: str) -> Lived:
        birth, page = self._birth, self._page
        state = lifecycle.registered(birth.matter.terms, birth.at)
        assert isinstance(state, WithOfficer)
        call_id = self._call_in()
        page.add("registration_key", page.new_id(birth.at), birth.id)
        seq = self._enter(Event.REGISTERED, state, birth.at, "agent:101", call_id=call_id)
        matter, post = birth.matter, self._post(state)
        names = (matter.category_name, matter.place_name)
        assigned = texts.officer_assigned(birth.number, *names, text, birth.contact, state.due_at)
        self._tell(Kind.OFFICER_ASSIGNED, post.number, seq, assigned, birth.at)
        registered = texts.citizen_registered(birth.number, post.title, state.due_at)
        self._tell(Kind.CITIZEN_REGISTERED, birth.contact, seq, registered, birth.at)
        return state

    def _call_in(self) -> UUID | None:
        """The call in which it was registered, and what else came in by telephone meanwhile."""
        birth, rng = self._birth, self._rng
        if rng.random() >= _BY_PHONE:
            return None
        seconds = 60 + 240 * rng.random()
        began = birth.at - timedelta(seconds=seconds - 5)
        call_id = self._page.call(began, birth.contact, seconds, "agent_answered")
        self._page.add("complaint_call", birth.id, call_id, "registration")
        if self._whole:
            self._recordings.append(self._page.recording(call_id, began, seconds))
            others = int(_OTHER_CALLS + rng.random())
            for _ in range(others):
                number = f"+91{6_000_000_000 + rng.getrandbits(31)}"
                self._page.call(began, number, 30 + 90 * rng.random(), "agent_answered")
        return call_id

    def _with_officer(self, state: WithOfficer) -> Lived | None:
        rng, last = self._rng, state.level == 4
        if state.overdue_at is not None:
            late = timedelta(days=rng.expovariate(1 / _LATE_DAYS))
            return self._dispose(state, state.overdue_at + late)
        if rng.random() < _WITHDRAWN:
            return self._withdraw(state, self._within(state))
        if rng.random() < _IN_TIME[state.level]:
            at = self._within(state)
            if state.level > 1 and rng.random() < _SPECIALLY_CLOSED:
                return self._close_specially(state, at)
            return self._dispose(state, at)
        return self._overdue(state, last=last)

    def _within(self, state: WithOfficer) -> datetime:
        since = state.clock.since
        return since + (state.due_at - since) * (0.1 + 0.88 * self._rng.random())

    def _overdue(self, state: WithOfficer, *, last: bool) -> Lived | None:
        at = state.due_at + timedelta(seconds=60 * self._rng.random())
        if at > self._now:
            return None
        after = state.overdue(self._birth.matter.terms, at)
        event = Event.OVERDUE_AT_LAST_LEVEL if last else Event.ESCALATED_OVERDUE
        reason = f"due {state.due_at.isoformat()}"
        seq = self._enter(event, after, at, "clock", reason)
        if not last:
            entry = Entry(at=at, event=event, level=after.level, actor="clock", reason=reason)
            self._forward(after, seq, entry)
        return after

    def _dispose(self, state: WithOfficer, at: datetime) -> Lived | None:
        if at > self._now:
            return None
        rng, page, birth = self._rng, self._page, self._birth
        after, actor, report = state.dispose(), f"officer:{state.post}", rng.choice(_REPORTS)
        kind = DisposalKind.NOT_POSSIBLE if rng.random() < 0.1 else DisposalKind.RESOLVED
        row = (birth.id, after.disposals, after.level, after.post, kind, report, actor, at)
        page.add("disposal", *row)
        self._enter(Event.DISPOSED, after, at, actor, report)
        return after

    def _ask(self, state: AwaitingFeedback) -> Lived | None:
        """Up to four attempts; the row of what is owed is written with the last of them."""
        at, birth = self._changed_at, self._birth
        for made, wait in enumerate(_ATTEMPTS_AFTER):
            at += wait
            if at > self._now:
                self._owed(state, at, made)
                return None
            reached = self._rng.random() < _REACHED
            if reached:
                call_id = self._attempt(state, made + 1, at, reached=True)
                self._owed(state, at, made + 1, "answered")
                return self._answer(state, call_id, at + timedelta(seconds=40))
            if self._whole:
                self._attempt(state, made + 1, at, reached=False)
        self._owed(state, at, len(_ATTEMPTS_AFTER), "given_up")
        after = state.attempts_used_up(_USED_UP, at)
        seq = self._enter(Event.UNVERIFIED, after, at, "dialer", after.reason)
        told = texts.citizen_unverified(birth.number)
        self._tell(Kind.CITIZEN_UNVERIFIED, birth.contact, seq, told, at)
        return after

    def _owed(
        self, state: AwaitingFeedback, at: datetime, made: int, outcome: str = "open"
    ) -> None:
        done_at = None if outcome == "open" else at
        tried = [_USED_UP] if outcome == "given_up" else []
        row = (self._birth.id, state.disposals, at, made, done_at, outcome, tried)
        self._page.add("feedback_due", *row)

    def _attempt(self, state: AwaitingFeedback, n: int, at: datetime, *, reached: bool) -> UUID:
        birth, page, seconds = self._birth, self._page, 45.0 if reached else 0.0
        outcome = "feedback_given" if reached else self._rng.choice(("no_answer", "busy"))
        call_id = page.call(at, birth.contact, seconds, outcome, outbound=True)
        times = (at, at, at + timedelta(seconds=seconds + 1))
        row = (call_id, birth.id, state.disposals, n, birth.contact, CELL, *times)
        page.add("attempt", *row)
        if reached:
            page.add("complaint_call", birth.id, call_id, "feedback")
            if self._whole:
                self._recordings.append(page.recording(call_id, at, seconds))
        return call_id

    def _answer(self, state: AwaitingFeedback, call_id: UUID, at: datetime) -> Lived:
        birth, page, rng = self._birth, self._page, self._rng
        satisfied = rng.random() < _SATISFIED
        reason = None
        if not satisfied and rng.random() < _GIVES_REASON:
            reason = rng.choice(list(DissatisfactionReason))
        spoke = reason is not None and self._whole
        words = page.recording(call_id, at, 12.0, "own_words") if spoke else None
        row = (call_id, birth.id, state.disposals, satisfied, reason, words, at)
        page.add("feedback", *row)
        if satisfied:
            closed = state.satisfied(call_id, at)
            seq = self._enter(Event.CLOSED_SATISFIED, closed, at, "citizen", call_id=call_id)
            self._tell(
                Kind.CITIZEN_CLOSED, birth.contact, seq, texts.citizen_closed(birth.number), at
            )
            return closed
        if words:
            self._recordings.append(words)
        page.add("dissatisfaction_register", call_id, birth.id, state.level, reason, words, at)
        return self._return(state, call_id, reason, at)

    def _return(
        self,
        state: AwaitingFeedback,
        call_id: UUID,
        reason: DissatisfactionReason | None,
        at: datetime,
    ) -> Lived:
        matter, birth = self._birth.matter, self._birth
        after = state.dissatisfied(matter.terms, at)
        higher = after.level > state.level
        event = Event.ESCALATED_DISSATISFIED if higher else Event.RETURNED_FOR_REVIEW
        seq = self._enter(event, after, at, "citizen", reason or "", call_id=call_id)
        if higher:
            why = Entry(at=at, event=event, level=after.level, actor="citizen", reason=reason or "")
            self._forward(after, seq, why)
        else:
            names = (matter.category_name, matter.place_name)
            told = texts.officer_review(birth.number, *names, reason, after.due_at)
            self._tell(Kind.OFFICER_REVIEW, self._post(after).number, seq, told, at)
        return after

    def _withdraw(self, state: WithOfficer, at: datetime) -> Lived | None:
        if at > self._now:
            return None
        birth, page = self._birth, self._page
        call_id = page.call(at, birth.contact, 90.0, "agent_answered")
        page.add("complaint_call", birth.id, call_id, "follow_up")
        after = state.withdraw(OwnWord(actor="citizen", call_id=call_id), at)
        seq = self._enter(Event.WITHDRAWN, after, at, "citizen", call_id=call_id)
        row = (birth.id, seq, "withdrawn", "citizen", after.level, after.post, None, "")
        page.add("complaint_end", *row, call_id, at)
        self._end_entry = seq
        told = texts.citizen_withdrawn(birth.number)
        self._tell(Kind.CITIZEN_WITHDRAWN, birth.contact, seq, told, at)
        return after

    def _close_specially(self, state: WithOfficer, at: datetime) -> Lived | None:
        if at > self._now:
            return None
        birth, actor = self._birth, f"officer:{state.post}"
        code, text = self._rng.choice(list(SpecialReason)), self._rng.choice(_REPORTS)
        ruling = Ruling(code=code, text=text, post=state.post, level=state.level, actor=actor)
        after = state.special_close(ruling, birth.matter.terms, at)
        seq = self._enter(Event.SPECIAL_CLOSED, after, at, actor, f"{code}: {text}")
        row = (birth.id, seq, "special_closed", actor, state.level, state.post, code, text)
        self._page.add("complaint_end", *row, None, at)
        self._end_entry = seq
        told = texts.citizen_special_closed(birth.number, code, text)
        self._tell(Kind.CITIZEN_SPECIAL_CLOSED, birth.contact, seq, told, at)
        return after

    def _enter(
        self,
        event: Event,
        after: Lived,
        at: datetime,
        actor: str,
        reason: str = "",
        call_id: UUID | None = None,
    ) -> int:
        self._changed_at = at
        clock = after.clock if isinstance(after, WithOfficer) else None
        return self._chain.append(
            Entry(
                at=at,
                event=event,
                level=after.level,
                actor=actor,
                reason=reason,
                call_id=call_id,
                post=after.post,
                due_at=clock.due_at if clock else None,
                basis=clock.basis if clock else "",
            )
        )

    def _forward(self, after: WithOfficer, seq: int, why: Entry) -> None:
        birth, page, at = self._birth, self._page, why.at
        bundle = page.new_id(at)
        page.add("bundle", bundle, birth.id, seq, after.post, at)
        link = f"https://helpline.example/b/{bundle.hex}{bundle.hex[:19]}"
        names = (birth.matter.category_name, birth.matter.place_name)
        told = texts.officer_forwarded(birth.number, *names, birth.contact, after.due_at, why, link)
        number, recordings = self._post(after).number, tuple(self._recordings)
        self._tell(Kind.OFFICER_FORWARDED, number, seq, told, at, recordings, (link,))

    def _post(self, state: WithOfficer) -> Post:
        return self._birth.matter.terms.ladder.posts[state.level]

    def _tell(
        self,
        kind: Kind,
        to: str,
        entry: int,
        body: Variables,
        at: datetime,
        recordings: tuple[UUID, ...] = (),
        links: tuple[str, ...] = (),
    ) -> None:
        if not self._whole:
            return
        one = Notification(
            complaint_id=self._birth.id,
            entry=entry,
            kind=kind,
            recipient=to,
            body=body,
            recordings=recordings,
            links=links,
        )
        self._page.told(one, at)

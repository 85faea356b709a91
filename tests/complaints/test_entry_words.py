"""The history as the next officer reads it: who did what, and in whose words."""

import pytest

from complaints import texts
from complaints.bundles import Bundle, open_bundle
from complaints.disposal import DisposalKind, dispose
from complaints.ends import OwnWord
from complaints.entry_words import lines, words
from complaints.escalation import escalate_overdue
from complaints.feedback import Answer
from complaints.history import Entry, Event
from complaints.interim import comment
from complaints.policy import UP_2017
from complaints.reopening import reopen
from complaints.story import load_story
from complaints.telling import render_story
from complaints.texts import DissatisfactionReason
from tests.complaints.moves import (
    energy_has_officers,
    interim,
    returned,
    sorted_to,
    swept,
    transferred,
)
from tests.complaints.test_pausing import paused, resumed
from tests.complaints.world import CITIZEN, START, World, sign

NAMES = {"L1-MAH": "अवर अभियंता महरौनी", "to bijli": "ऊर्जा विभाग"} | {
    "category handpump": "हैंडपंप",
    "category power-cut": "बिजली",
}


async def bundle_of(world: World) -> Bundle:
    """The only one."""
    found = await open_bundle(
        world.pool,
        await world.pool.fetchval("select id from bundle"),
        policy=world.policy,
        remote="192.0.2.1",
        now=world.now,
    )
    assert found is not None
    return found


def told(bundle: Bundle) -> list[tuple[str, str]]:
    return [(one.by, one.words) for one in bundle.history]


async def test_what_officers_wrote_is_there_with_who_wrote_it(world: World) -> None:
    await energy_has_officers(world)
    number = (await world.register()).number
    await interim(world, number)
    await paused(world, number)
    await resumed(world, number)
    await comment(world.pool, number, text="नाम रामप्यारी है", actor="agent:101", now=world.now)
    await comment(world.pool, number, text="स्थल देखा", actor="post:L1-MAH", now=world.now)
    for text in ("post:L1-MAH: पत्र आया", "agent:101: नाम रामप्यारी है"):
        await comment(world.pool, number, text=text, actor="operator:anita", now=world.now)
    await transferred(world, number)
    world.later(days=8)
    await world.pool.execute(
        """insert into post (id, title, department, place, level, number)
           values ('E2', 'अधिशासी अभियंता विद्युत', 'bijli', 'lalitpur', 2, '+919415000012')"""
    )
    await escalate_overdue(world.pool, policy=world.policy, now=world.now, signer=sign)
    officer = "अवर अभियंता महरौनी"
    assert told(await bundle_of(world)) == [
        ("एजेंट 101", ""),
        (officer, "पाइप मंगाया गया है (अगली सूचना 23-11-2025 11:00 तक)"),
        (officer, "नागरिक से जानकारी अपेक्षित: खसरा संख्या बताएं"),
        (officer, "मिल गई"),
        ("एजेंट 101", ""),  # an agent's note is for us
        (officer, "स्थल देखा"),
        ("हेल्पलाइन ऑपरेटर anita", "post:L1-MAH: पत्र आया"),
        ("हेल्पलाइन ऑपरेटर anita", ""),
        (officer, "ऊर्जा विभाग: ऊर्जा विभाग का विषय"),
        ("समय सीमा के अनुसार स्वतः", ""),
    ]


@pytest.mark.parametrize("reason", [DissatisfactionReason.FALSE_REPORT, None])
async def test_why_it_was_opened_again_is_in_the_register_and_the_bundle(
    world: World, reason: DissatisfactionReason | None
) -> None:
    world.policy = UP_2017  # one level up at once
    number = (await world.register(world.form(confidential=True))).number
    attempt = await world.disposed_and_called(number)
    await world.answer(attempt, Answer(satisfied=True))
    world.later(days=2)
    call = await world.talked_with("101", "+919876500000")
    word = OwnWord(actor="agent:101", text="फिर से खराब है", call_id=call, confirmed="पिता मोहनलाल")
    await reopen(
        world.pool, number, reason=reason, word=word, policy=world.policy, now=world.now,
        signer=sign,
    )  # fmt: skip
    bundle = await bundle_of(world)
    [entry] = bundle.register
    assert (entry.level, entry.reason_code, entry.words) == (1, reason, "फिर से खराब है")
    assert entry.attempt_id is None
    last = bundle.history[-1]
    assert (last.by, last.words) == ("एजेंट 101", f"{texts.reason(reason)}: फिर से खराब है")
    assert "मोहनलाल" not in repr(bundle)
    [message] = await world.pool.fetch(
        "select body from notification where kind = 'officer_forwarded'"
    )
    assert texts.reason(reason) in message["body"]
    assert CITIZEN not in repr(bundle)
    story = render_story(await load_story(world.pool, number))
    assert "when it was opened again: फिर से खराब है" in story


async def test_the_whole_report_is_there_not_its_beginning(world: World) -> None:
    registered = await world.register()
    report = "पाइप बदला, हैंडल लगाया, पानी की जांच कराई। " * 20
    await dispose(
        world.pool, registered.number, kind=DisposalKind.RESOLVED, report=report, post="L1-MAH",
        actor="post:L1-MAH", policy=world.policy, now=world.now,
    )  # fmt: skip
    world.policy = UP_2017
    attempt = await world.attempt(registered.complaint_id, 1)
    await world.answer(attempt, Answer(False, DissatisfactionReason.NOT_DONE))
    assert told(await bundle_of(world))[1:] == [
        ("अवर अभियंता महरौनी", f"निस्तारण हो गया है: {report.strip()}"),
        ("नागरिक", "काम नहीं हुआ"),
    ]


@pytest.mark.parametrize(
    ("event", "actor", "reason", "told_words"),
    [
        (
            Event.PROPOSED,
            "post:L1-MAH",
            "transfer bijli: उनका",
            "दूसरे विभाग को स्थानांतरण (ऊर्जा विभाग): उनका",
        ),
        (
            Event.PROPOSED,
            "post:L1-MAH",
            "special_close no_budget: अगले वर्ष",
            "विशेष परिस्थिति में बंद करने (बजट उपलब्ध नहीं): अगले वर्ष",
        ),
        (Event.DISPOSED, "post:L1-MAH", "resolved: ठीक किया", "निस्तारण हो गया है: ठीक किया"),
        (Event.DISPOSED, "post:L1-MAH", "not_possible: भूमि निजी", "निस्तारण संभव नहीं है: भूमि निजी"),
        (Event.DISPOSED, "post:L1-MAH", "पाइप: बदला", "पाइप: बदला"),  # an older entry
        (Event.REFUSED, "post:L1-MAH", "नहीं", "नहीं"),
        (Event.SPECIAL_CLOSED, "post:L1-MAH", "no_budget: अगले वर्ष", "बजट उपलब्ध नहीं: अगले वर्ष"),
        (Event.FORWARDED, "cm_office:5", "सही विभाग", "सही विभाग"),
        (
            Event.FORWARDED,
            "cm_office:5",
            "category handpump -> power-cut; place lalitpur -> no-such: सही विभाग",
            "हैंडपंप → बिजली; lalitpur → no-such: सही विभाग",
        ),
        (Event.FORWARDED, "cm_office:5", "category handpump -> power-cut", "हैंडपंप → बिजली"),
        (Event.FORWARDED, "clock", "due 2025-11-20", ""),
        (Event.RESUMED, "clock", "court_stay: longest pause", "स्थगन की अधिकतम अवधि पूरी"),
        (Event.RETURNED_FOR_REVIEW, "citizen", "", "कारण नहीं बताया"),
        (Event.REOPENED, "citizen", "", "कारण नहीं बताया"),
        (Event.REOPENED, "agent:1", "identity confirmed: x", "कारण नहीं बताया"),
        (Event.REOPENED, "citizen", "not_done", "काम नहीं हुआ"),
        (Event.WITHDRAWN, "agent:1", "y; identity confirmed: x", ""),
        (Event.NOTED, "operator", "x", ""),
        (Event.ESCALATED_OVERDUE, "clock", "due 2025-11-20", ""),
        # Written otherwise before, or by somebody else's hand: as it is.
        (Event.INTERIM_REPLY, "post:L1-MAH", "जल्दी", "जल्दी"),
        (Event.ESCALATED_DISSATISFIED, "citizen", "बहुत खराब", "बहुत खराब"),
        (Event.PAUSED, "post:L1-MAH", "अन्य: x", "अन्य: x"),
    ],
)
def test_each_kind_of_entry_tells_its_words(
    event: Event, actor: str, reason: str, told_words: str
) -> None:
    entry = Entry(at=START, event=event, level=1, actor=actor, reason=reason, post="L1-MAH")
    assert words(entry, NAMES) == told_words


async def test_a_corrected_mapping_is_told_by_names_in_the_bundle(world: World) -> None:
    number = (await world.register()).number
    await returned(world, number)
    await sorted_to(world, number, place="lalitpur")
    world.later(days=15)
    await swept(world)
    names = [
        await world.pool.fetchval("select name_hi from place where code = $1", code)
        for code in ("lalitpur-mahroni", "lalitpur")
    ]
    assert (await bundle_of(world)).history[2].words == f"{names[0]} → {names[1]}: सही विभाग"


@pytest.mark.parametrize(
    ("actor", "before", "by"),
    [
        ("post:L1-MAH", None, "अवर अभियंता महरौनी"),
        ("officer:o-17", Event.FORWARDED, "अवर अभियंता महरौनी"),
        ("user:0192", Event.PROPOSED, "अधिकारी"),
        ("user:0192", None, "अधिकारी"),
        ("agent:101", None, "एजेंट 101"),
        ("cm_office:5", None, "मुख्यमंत्री कार्यालय"),
        ("citizen", None, "नागरिक"),
        ("dialer", None, "स्वचालित कॉल"),
        ("supervisor:x", None, "हेल्पलाइन"),
    ],
)
def test_who_did_it_is_named_as_officers_know_them(
    actor: str, before: Event | None, by: str
) -> None:
    """A transfer's officer is the one who had it, not the one who has it then."""
    first = [Entry(at=START, event=before, level=1, actor="x", post="L1-MAH")] if before else []
    entry = Entry(at=START, event=Event.TRANSFERRED, level=1, actor=actor, post="E1")
    assert lines([*first, entry], {**NAMES, "E1": "अवर अभियंता विद्युत"})[-1].by == by


def test_every_event_can_be_read_whatever_its_reason() -> None:
    for event in Event:
        for reason in ("", "x", "x: y", "expected by x", "expected by x: y", ": "):
            entry = Entry(at=START, event=event, level=1, actor="post:x", reason=reason)
            assert lines([entry, entry], {})[1].what

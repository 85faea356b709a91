"""`helpline complaint ...` and `helpline bundle ...`: each move of a complaint's life, by hand.

An officer's move names their post (`--by`); with `--agent`, that post told an agent on the
telephone, in the call `--call`. A citizen's move names the call in which they said so. Without an
agent it is who types that answers for it: `operator:LOGIN`.
"""

import argparse
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from complaints.bundles import renew
from complaints.calendar import IST
from complaints.deciding import decide as decide_proposal
from complaints.disposal import DisposalKind, Via
from complaints.disposal import dispose as dispose_of
from complaints.ending import advise as end_with_advice
from complaints.ending import withdraw as take_back
from complaints.ends import OwnWord, SpecialReason
from complaints.guidance import answers
from complaints.interim import comment as write_comment
from complaints.interim import interim_reply
from complaints.lifecycle import PauseReason
from complaints.moving import forward_sorted, return_mapping
from complaints.moving import transfer as pass_on
from complaints.pausing import pause as stop_clock
from complaints.pausing import resume as start_clock
from complaints.policy import Policy
from complaints.reopening import reopen as open_again
from complaints.special_close import close_specially
from complaints.story import load_story
from complaints.telling import render_story
from complaints.texts import DissatisfactionReason, clock
from complaints.waiting import For, render_waiting, to_decide, who_decides
from complaints.waiting import waiting as all_waiting
from db.pool import Pool
from helpline.adapters import LinkSigner, link_signer
from helpline.attachment_commands import offered
from helpline.clock import shifted_clock
from helpline.database import command_pool
from helpline.guidance_commands import answer_line
from helpline.known_names import must_be_an_agent
from helpline.registration_commands import operator
from helpline.settings import Settings


@dataclass(frozen=True)
class Desk:
    """What a move needs besides its own words."""

    pool: Pool
    policy: Policy
    now: datetime
    signer: LinkSigner

    @property
    def rules(self) -> dict[str, Any]:
        """What nearly every use case is given."""
        return {"policy": self.policy, "now": self.now}


@asynccontextmanager
async def desk(settings: Settings) -> AsyncIterator[Desk]:
    """For one command."""
    now = shifted_clock(settings.clock_shift)
    async with command_pool(settings) as pool:
        yield Desk(pool, settings.rules, now(), link_signer(settings, now))


def _officer(options: argparse.Namespace) -> dict[str, Any]:
    """Whose move it is, and who enters it."""
    return {"post": options.by, "actor": _enters(options), "call_id": options.call}


def _enters(options: argparse.Namespace) -> str:
    return f"agent:{options.agent}" if options.agent else operator()


async def _must_be_known(pool: Pool, settings: Settings, agent: str | None) -> None:
    """Where no call shows that the agent was there: the history keeps a name for ever."""
    if agent is not None:
        async with pool.acquire(timeout=5) as conn:
            await must_be_an_agent(conn, settings, agent)


def _word(options: argparse.Namespace) -> OwnWord:
    return OwnWord(
        actor=_enters(options),
        text=options.text,
        call_id=options.call,
        confirmed=options.confirmed,
    )


async def show(settings: Settings, options: argparse.Namespace) -> int:
    """Print the story."""
    async with desk(settings) as one:
        story = await load_story(one.pool, options.number)
        decided_by = await who_decides(one.pool, story.complaint.id, **one.rules)
        print(render_story(story, decided_by))
        for answer in await answers.shown(one.pool, options.number):
            print(answer_line(answer))
    return 0


async def dispose(settings: Settings, options: argparse.Namespace) -> int:
    """Enter the disposal."""
    async with desk(settings) as one:
        files = await offered(settings, options.attach, lambda: one.now)
        disposed = await dispose_of(
            one.pool,
            options.number,
            kind=DisposalKind(options.kind),
            report=options.report,
            via=Via.AGENT if options.agent else Via.OPERATOR,
            attachments=files,
            **_officer(options),
            **one.rules,
        )
    print(f"complaint {disposed.number}: disposed at L{disposed.level}, the citizen will be asked")
    return 0


async def transfer(settings: Settings, options: argparse.Namespace) -> int:
    """Hand it to another department, or propose so."""
    async with desk(settings) as one:
        after = await pass_on(
            one.pool,
            options.number,
            department=options.to,
            text=options.text,
            signer=one.signer,
            only_propose=options.only_propose,
            **_officer(options),
            **one.rules,
        )
    if after is None:
        say(options, "the transfer is proposed; the next level decides")
    else:
        say(options, f"transferred to {after.post} (L{after.level}), due {clock(after.due_at)}")
    return 0


async def return_(settings: Settings, options: argparse.Namespace) -> int:
    """It came to the wrong officer."""
    async with desk(settings) as one:
        await return_mapping(
            one.pool, options.number, text=options.text, **_officer(options), **one.rules
        )
    say(options, "returned; the CM's team maps it anew")
    return 0


async def forward(settings: Settings, options: argparse.Namespace) -> int:
    """The CM's team sends it to its officer."""
    async with desk(settings) as one:
        after = await forward_sorted(
            one.pool,
            options.number,
            actor=f"cm_office:{options.by}",
            category=options.category,
            place=options.place,
            text=options.text,
            signer=one.signer,
            **one.rules,
        )
    say(options, f"forwarded to {after.post} (L{after.level}), due {clock(after.due_at)}")
    return 0


async def waiting(settings: Settings, options: argparse.Namespace) -> int:
    """Print what waits for the CM's team or for a decision."""
    async with desk(settings) as one:
        if options.decider:
            lines = await to_decide(one.pool, [options.decider], at_most=options.most, **one.rules)
            more = False
        else:
            what = (For(options.what),) if options.what else tuple(For)
            page = await all_waiting(one.pool, what=what, at_most=options.most, **one.rules)
            lines, more = list(page.lines), page.after is not None
    for line in lines:
        print(render_waiting(line, one.now))
    print(f"{len(lines)} complaint(s) wait{', and more' if more else ''}")
    return 0


async def advise(settings: Settings, options: argparse.Namespace) -> int:
    """The CM's team says where to go instead."""
    async with desk(settings) as one:
        await end_with_advice(
            one.pool,
            options.number,
            advice=options.text,
            actor=f"cm_office:{options.by}",
            now=one.now,
        )
    say(options, "ended with advice; the citizen is told where to go")
    return 0


async def pause(settings: Settings, options: argparse.Namespace) -> int:
    """Stop the officer's clock."""
    async with desk(settings) as one:
        await stop_clock(
            one.pool,
            options.number,
            reason=PauseReason(options.reason),
            text=options.text,
            **_officer(options),
            **one.rules,
        )
    say(options, "the officer's time stands still; the citizen is told why")
    return 0


async def resume(settings: Settings, options: argparse.Namespace) -> int:
    """Start it again."""
    async with desk(settings) as one:
        due_at = await start_clock(
            one.pool, options.number, text=options.text, **_officer(options), **one.rules
        )
    say(options, f"the officer's time goes on, due {clock(due_at)}")
    return 0


async def interim(settings: Settings, options: argparse.Namespace) -> int:
    """Say how it stands. `--expected` is Indian Standard Time where it names no other."""
    given: datetime = options.expected
    expected = given if given.tzinfo else given.replace(tzinfo=IST)
    async with desk(settings) as one:
        await interim_reply(
            one.pool,
            options.number,
            text=options.text,
            expected_by=expected,
            now=one.now,
            **_officer(options),
        )
    say(options, f"interim reply written; more is expected by {clock(expected)}")
    return 0


async def special_close(settings: Settings, options: argparse.Namespace) -> int:
    """Close it without the citizen's satisfaction, or propose so."""
    async with desk(settings) as one:
        closed = await close_specially(
            one.pool,
            options.number,
            code=SpecialReason(options.reason),
            text=options.text,
            only_propose=options.only_propose,
            **_officer(options),
            **one.rules,
        )
    told = "closed specially; the citizen is told why"
    say(options, told if closed else "the special close is proposed; the next level decides")
    return 0


async def decide(settings: Settings, options: argparse.Namespace) -> int:
    """The next level approves or refuses."""
    async with desk(settings) as one:
        await decide_proposal(
            one.pool,
            options.number,
            approve=options.approve,
            text=options.text,
            signer=one.signer,
            **_officer(options),
            **one.rules,
        )
    say(options, "approved" if options.approve else "refused; it stays with its officer")
    return 0


async def withdraw(settings: Settings, options: argparse.Namespace) -> int:
    """The citizen takes it back."""
    async with desk(settings) as one:
        await take_back(one.pool, options.number, word=_word(options), now=one.now)
    say(options, "withdrawn by its citizen")
    return 0


async def reopen(settings: Settings, options: argparse.Namespace) -> int:
    """The citizen is not satisfied after all."""
    async with desk(settings) as one:
        after = await open_again(
            one.pool,
            options.number,
            reason=DissatisfactionReason(options.reason) if options.reason else None,
            word=_word(options),
            signer=one.signer,
            **one.rules,
        )
    say(options, f"reopened with {after.post} (L{after.level}), due {clock(after.due_at)}")
    return 0


async def comment(settings: Settings, options: argparse.Namespace) -> int:
    """A remark, at any time."""
    async with desk(settings) as one:
        await _must_be_known(one.pool, settings, options.agent)
        await write_comment(
            one.pool,
            options.number,
            text=options.text if options.agent else f"{options.by}: {options.text}",
            actor=_enters(options),
            now=one.now,
            call_id=options.call,
        )
    say(options, "noted")
    return 0


async def bundle_renew(settings: Settings, options: argparse.Namespace) -> int:
    """A new link for the officer whose link is over."""
    actor, where = _enters(options), options.number
    async with desk(settings) as one:
        await _must_be_known(one.pool, settings, options.agent)
        post = await renew(one.pool, where, actor=actor, signer=one.signer, now=one.now)
    say(options, f"a new link is sent to who holds {post}")
    return 0


def say(options: argparse.Namespace, what: str) -> None:
    """One sentence about the complaint that a command was about."""
    print(f"complaint {options.number}: {what}")

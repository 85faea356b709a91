"""`helpline complaint register` and `merge`: letters, meetings, and two files of one matter."""

import argparse
from typing import Any
from uuid import UUID, uuid4

from calls.numbers import is_landline, to_e164
from complaints.calendar import IST
from complaints.errors import DuplicateError
from complaints.merging import merge
from complaints.registration import (
    AddedTo,
    InTriage,
    MatterKind,
    Registered,
    Registration,
    SettledAtDesk,
    Source,
    TakenUp,
    register,
)
from helpline.clock import shifted_clock
from helpline.database import command_pool
from helpline.recording_words import login
from helpline.settings import Settings


def add_to(verbs: Any) -> None:
    """Add both commands to those about one complaint (`argparse`'s subparsers)."""
    form = verbs.add_parser("register", help="register a letter, or what was said in a meeting")
    form.add_argument("--category", required=True, metavar="CODE")
    form.add_argument("--place", required=True, metavar="CODE")
    form.add_argument("--contact", required=True, metavar="NUMBER", help="the citizen's telephone")
    form.add_argument("--text", required=True, help="the matter, in Hindi")
    form.add_argument("--name", help="the citizen's")
    form.add_argument("--citizen", type=UUID, metavar="ID", help="who it is, of those known")
    form.add_argument(
        "--links-number", action="store_true", help="they are known on another, and use this too"
    )
    form.add_argument("--kind", choices=list(MatterKind), default=MatterKind.COMPLAINT)
    form.add_argument("--source", choices=list(Source), default=Source.LETTER)
    form.add_argument("--incident", action="store_true", help="an incident or accident")
    form.add_argument(
        "--confidential", action="store_true", help="the office is not to know who it is"
    )
    form.add_argument("--answer", metavar="TEXT", help="to information that is at hand")
    form.add_argument(
        "--key", type=UUID, metavar="ID", help="the same again registers nothing twice"
    )
    decided = form.add_mutually_exclusive_group()
    decided.add_argument("--adds-to", metavar="NUMBER", help="only adds to this older complaint")
    decided.add_argument("--separate", action="store_true", help="another matter than what is open")
    form.set_defaults(command=register_one)

    one = verbs.add_parser("merge", help="end a complaint as the same as an older one")
    one.add_argument("number", metavar="NUMBER", help="the younger one")
    one.add_argument("--into", required=True, metavar="NUMBER", help="the older one, which goes on")
    one.add_argument("--text", default="", help="how you know")
    one.add_argument("--agent", help="the agent whom the citizen told; default: who types")
    one.add_argument("--call", type=UUID, help="the call in which they said so")
    one.set_defaults(command=merge_two)


async def register_one(settings: Settings, options: argparse.Namespace) -> int:
    """Register it and say what came of it; 1 when it may be one that is open already."""
    form = Registration(
        key=options.key or uuid4(),
        contact=options.contact,
        category=options.category,
        place=options.place,
        text=options.text,
        citizen_name=options.name,
        citizen_id=options.citizen,
        links_number=options.links_number,
        kind=MatterKind(options.kind),
        source=Source(options.source),
        incident=options.incident,
        confidential=options.confidential,
        answer=options.answer,
        adds_to=options.adds_to,
        separate=options.separate,
    )
    now = shifted_clock(settings.clock_shift)()
    async with command_pool(settings) as pool:
        try:
            taken_up = await register(pool, form, policy=settings.rules, now=now, actor=operator())
        except DuplicateError as error:
            for one in error.candidates:
                since = one.registered_at.astimezone(IST).strftime("%d-%m-%Y")
                print(f"open already: {one.number} since {since}, {one.state.replace('_', ' ')}")
            print("say --adds-to NUMBER, or --separate")
            return 1
    print(_told(taken_up))
    number = to_e164(options.contact)
    if number and is_landline(number):
        print(f"{number} is a landline: no SMS goes there")
    return 0


async def merge_two(settings: Settings, options: argparse.Namespace) -> int:
    """End the younger one; say where it goes on."""
    now = shifted_clock(settings.clock_shift)()
    async with command_pool(settings) as pool:
        await merge(
            pool,
            options.number,
            into=options.into,
            actor=f"agent:{options.agent}" if options.agent else operator(),
            now=now,
            text=options.text,
            call_id=options.call,
        )
    print(f"complaint {options.number}: merged, it goes on as {options.into}")
    return 0


def operator() -> str:
    """Who is at the keyboard, for the history."""
    return f"operator:{login()}"


def _told(taken_up: TakenUp) -> str:
    match taken_up:
        case Registered() as one:
            due = one.due_at.astimezone(IST).strftime("%d-%m-%Y %H:%M")
            who = f"L{one.level} {one.post_title} ({one.post_id})"
            return f"{one.number}: registered, with {who}, due {due}"
        case InTriage() as one:
            look_by = one.look_by.astimezone(IST).strftime("%d-%m-%Y %H:%M")
            return f"{one.number}: registered, with the CM's team first, who look by {look_by}"
        case SettledAtDesk() as one:
            return f"{one.number}: {one.state}" + (f": {one.text}" if one.text else "")
        case AddedTo() as one:
            to_ask = "; it is disposed of: is the citizen satisfied?" if one.disposed else ""
            return f"{one.number}: added to it, it was open already{to_ask}"

"""Toll fraud: which endpoint of ours may call whom, how often in an hour; alarm and cut-off.

Whoever dials on behalf of an endpoint asks first. An endpoint without a rule dials nothing.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

import asyncpg
import structlog

from calls.errors import NotARuleError, NotCutOffError
from calls.numbers import to_e164
from db.ids import new_id
from db.pool import Connection
from db.statements import statements

_log = structlog.get_logger(__name__)
_HOUR = timedelta(hours=1)
_LONGEST = 40
_AS_IT_STANDS = re.compile(r"[0-9]{2,15}", re.ASCII)
LISTED = "listed"
"""Stands for the prefix of a listed number without `+`, in the carrier's form and of no plan."""


class Refusal(StrEnum):
    """Why a number is not dialled."""

    CUT_OFF = "cut_off"
    NO_RULE = "no_rule"
    LIMIT = "limit"


@dataclass(frozen=True, slots=True)
class Rule:
    """Numbers (E.164) that begin with `prefix`: at most `per_hour` calls of one endpoint."""

    endpoint: str
    prefix: str
    per_hour: int


@dataclass(frozen=True, slots=True)
class Past:
    """One request of the last hour: under which rule's prefix, or refused so that it counts."""

    prefix: str | None
    refused: bool


@dataclass(frozen=True, slots=True)
class Decision:
    """`number`: what is to be dialled, E.164 unless it is listed otherwise; None: not dialled, for
    `refusal`.
    """

    number: str | None
    prefix: str | None
    refusal: Refusal | None
    cut_off_now: bool = False


def decide(
    rules: Sequence[Rule],
    past: Sequence[Past],
    dialled: str,
    *,
    cut_off: bool,
    listed: bool = False,
    refusals_at_most: int = 5,
) -> Decision:
    """Pure. The longest prefix counts, an endpoint's own rule before everybody's.

    `listed`: the operator has listed this number. Without `+` it is dialled as it stands: short
    codes, toll-free numbers and the carrier's own forms are no E.164. It needs a rule all the same:
    no prefix fits, so that it may be called as often as the widest of them allows.
    After more than `refusals_at_most` refusals in an hour the endpoint is cut off: a person who
    mistypes stops earlier, a program that tries numbers does not. A listed number is not tried.
    """
    if cut_off:
        return Decision(None, None, Refusal.CUT_OFF)
    number = to_e164(dialled)
    if listed and _AS_IT_STANDS.fullmatch(dialled):
        number = dialled
        rules = [Rule("*", LISTED, max(rule.per_hour for rule in rules))] if rules else []
    fitting = [
        rule
        for rule in rules
        if number and (rule.prefix == LISTED or number.startswith(rule.prefix))
    ]
    if not fitting or number is None:
        refusal = Refusal.NO_RULE
    else:
        rule = max(fitting, key=lambda one: (len(one.prefix), one.endpoint != "*"))
        if sum(one.prefix == rule.prefix for one in past) < rule.per_hour:
            return Decision(number, rule.prefix, None)
        refusal = Refusal.LIMIT
    refused = sum(one.refused for one in past) + 1
    return Decision(None, None, refusal, cut_off_now=not listed and refused > refusals_at_most)


async def ask(
    conn: Connection, endpoint: str, dialled: str, now: datetime, *, listed: bool = False
) -> Decision:
    """Whether `endpoint` may dial; the request is on record either way. One transaction.

    A cut-off is logged as an error, and stands until somebody lifts it.
    """
    async with conn.transaction():
        await statements().dialling_hold(conn, endpoint=endpoint)
        rules = [Rule(**row) async for row in statements().dialling_rules(conn, endpoint=endpoint)]
        past = [
            Past(**row)
            async for row in statements().dialling_past(conn, endpoint=endpoint, since=now - _HOUR)
        ]
        cut_off = await statements().dialling_is_cut_off(conn, endpoint=endpoint)
        decision = decide(rules, past, dialled, cut_off=cut_off, listed=listed)
        await statements().dialling_note(
            conn,
            id=new_id(now),
            endpoint=endpoint,
            number=_storable(decision.number or dialled),
            prefix=decision.prefix,
            refused=decision.refusal,
            listed=listed,
            at=now,
        )
        if decision.cut_off_now:
            why = f"{len(past) + 1} requests in an hour, the last one refused: {decision.refusal}"
            await statements().dialling_cut_off(
                conn, id=new_id(now), endpoint=endpoint, at=now, why=why
            )
    _report(endpoint, dialled, decision)
    return decision


def _report(endpoint: str, dialled: str, decision: Decision) -> None:
    if decision.cut_off_now:
        _log.error("endpoint cut off from dialling", endpoint=endpoint, pii={"number": dialled})
    elif decision.refusal is not None:
        _log.warning(
            "dialling refused", endpoint=endpoint, why=decision.refusal, pii={"number": dialled}
        )


def _storable(text: str) -> str:
    return text[:_LONGEST].replace("\0", "").encode("utf-8", "replace").decode()


@dataclass(frozen=True, slots=True)
class CutOff:
    """An endpoint that may dial nothing until somebody has looked."""

    endpoint: str
    at: datetime
    why: str


async def allow(conn: Connection, rule: Rule) -> int | None:
    """A new rule, or an old one's new limit (0: none at all); what its limit was before. In the
    caller's transaction. Raises `NotARuleError`.
    """
    before: int | None = await statements().dialling_allowed(
        conn, endpoint=rule.endpoint, prefix=rule.prefix
    )
    try:
        await statements().dialling_allow(
            conn, endpoint=rule.endpoint, prefix=rule.prefix, per_hour=rule.per_hour
        )
    except asyncpg.CheckViolationError as error:
        raise NotARuleError(
            "an endpoint's name or *, a prefix such as +91, and a limit of 0 or more"
        ) from error
    return before


async def every_rule(conn: Connection) -> list[Rule]:
    """All that stand, everybody's first; 0 an hour: the endpoint may not, even where all may."""
    return [Rule(**row) async for row in statements().dialling_every_rule(conn)]


async def cut_offs(conn: Connection) -> list[CutOff]:
    """Those that stand, the longest first."""
    return [CutOff(**row) async for row in statements().dialling_cut_offs(conn)]


async def lift(conn: Connection, endpoint: str, *, by: str, now: datetime) -> None:
    """Let it dial again. Raises `NotCutOffError`."""
    if await statements().dialling_lift(conn, endpoint=endpoint, by=by, at=now) != "UPDATE 1":
        raise NotCutOffError(endpoint)

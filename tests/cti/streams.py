"""Event streams as Asterisk 22.10 sent them, shortened to the headers that matter."""

from datetime import UTC, datetime
from uuid import UUID

from cti.message import AmiEvent

AT = datetime(2026, 3, 2, 5, 30, tzinfo=UTC)
CALL = UUID("0198aaaa-0000-7000-8000-000000000001")
CITIZEN = "lab1-1795310368.13"


def event(name: str, **fields: str) -> AmiEvent:
    """Header names without their capitals; `call` and `dest_call` are the channels' variable."""
    call, dest_call = fields.pop("call", ""), fields.pop("dest_call", "")
    return AmiEvent(
        name,
        {"event": name, **fields},
        {"HELPLINE_CALL": call} if call else {},
        {"HELPLINE_CALL": dest_call} if dest_call else {},
    )


def citizen_leg(
    channel: str = CITIZEN, call: UUID | None = CALL, state: str = "6", number: str = "9876543210"
) -> dict[str, str]:
    return {
        "channel": "PJSIP/trunk-0000000d", "uniqueid": channel, "linkedid": channel,
        "channelstate": state, "calleridnum": number, "call": str(call or ""),
    }  # fmt: skip


def agent_leg(
    agent: str = "1001", number: int = 14, citizen: str = CITIZEN, call: UUID = CALL,
    state: str = "5",
) -> dict[str, str]:  # fmt: skip
    return {
        "channel": f"PJSIP/{agent}-{number:08x}", "uniqueid": f"lab1-1795310368.{number}",
        "linkedid": citizen, "channelstate": state, "calleridnum": "1076", "call": str(call),
    }  # fmt: skip


def both(name: str, citizen: dict[str, str], agent: dict[str, str], **more: str) -> AmiEvent:
    dest = {f"dest{key}": value for key, value in agent.items() if key != "call"}
    about = {
        "queue": "helpline-hi",
        "interface": agent["channel"].rpartition("-")[0],
        "dest_call": agent["call"],
    }
    return event(name, **{**citizen, **dest, **about, **more})


def answered_call() -> list[AmiEvent]:
    """A citizen calls, waits, one agent's telephone rings, they talk, the citizen hangs up."""
    ringing, talking = agent_leg(), agent_leg(state="6")
    return [
        event("Newchannel", **citizen_leg(call=None, state="4")),
        event("Newstate", **citizen_leg()),
        event("QueueCallerJoin", **citizen_leg(), queue="helpline-hi"),
        event("Newchannel", **{**agent_leg(state="0"), "call": ""}),
        both("AgentCalled", citizen_leg(), agent_leg(state="0")),
        event("Newstate", **ringing),
        event("Newstate", **talking),
        event("QueueCallerLeave", **citizen_leg(), queue="helpline-hi"),
        both("AgentConnect", citizen_leg(), talking, holdtime="0", ringtime="0"),
        both("AgentComplete", citizen_leg(), talking, reason="caller"),
        event("Hangup", **talking, cause="16"),
        event("Hangup", **citizen_leg(), cause="16"),
    ]


def missed_and_abandoned() -> list[AmiEvent]:
    """The agent does not answer, is called again, the citizen hangs up meanwhile."""
    first, second = agent_leg(number=16), agent_leg(number=17)
    return [
        event("Newchannel", **citizen_leg(call=None, state="4")),
        event("Newstate", **citizen_leg()),
        event("QueueCallerJoin", **citizen_leg(), queue="helpline-hi"),
        both("AgentCalled", citizen_leg(), first),
        both("AgentRingNoAnswer", citizen_leg(), first, ringtime="5000"),
        event("Hangup", **first, cause="0"),
        both("AgentCalled", citizen_leg(), second),
        event("QueueCallerAbandon", **citizen_leg(), queue="helpline-hi"),
        event("QueueCallerLeave", **citizen_leg(), queue="helpline-hi"),
        event("Hangup", **citizen_leg(), cause="0"),
        event("Hangup", **second, cause="0"),
    ]


def outbound_leg(call: UUID, state: str = "0", variable: bool = True) -> dict[str, str]:
    return {
        "channel": "PJSIP/trunk-00000000", "uniqueid": str(call), "linkedid": str(call),
        "channelstate": state, "calleridnum": "1076", "call": str(call) if variable else "",
    }  # fmt: skip


def unanswered_attempt(
    call: UUID, cause: str = "17", reason: str = "0", response_first: bool = True
) -> list[AmiEvent]:
    response = event(
        "OriginateResponse", response="Failure", reason=reason, actionid=str(call),
        uniqueid=str(call), channel="PJSIP/trunk",
    )  # fmt: skip
    hangup = event("Hangup", **outbound_leg(call), cause=cause)
    ends = [response, hangup] if response_first else [hangup, response]
    return [event("Newchannel", **outbound_leg(call, variable=False)), *ends]


def no_channel_attempt(call: UUID) -> list[AmiEvent]:
    """The trunk's endpoint does not exist: there never is a channel."""
    return [
        event(
            "OriginateResponse", response="Failure", reason="0", actionid=str(call),
            uniqueid="<unknown>",
        )
    ]  # fmt: skip

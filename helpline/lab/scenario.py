"""SIPp scenarios from a script: who sends which SIP message when.

`{media}` in a scenario is the action that plays the phone's media file; `[key]` words are SIPp's.
"""

from collections.abc import Sequence

from helpline.lab.media import ALAW_TYPE, EVENT_TYPE

_VIA = "Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]"
_CONTACT = "Contact: <sip:[local_ip]:[local_port]>"
_ECHO = "[last_Via:]\n[last_From:]\n{to}\n[last_Call-ID:]\n[last_CSeq:]"
_FIRST_TO = "[last_To:];tag=[pid]u[call_number]"
_PATIENCE_MS = 600_000
_RECEIVE_INVITE = """<recv request="INVITE" rrs="true"><action>
<ereg regexp=".*" search_in="hdr" header="From:" assign_to="from"/>
<ereg regexp=".*" search_in="hdr" header="To:" assign_to="to"/>
<ereg regexp="[0-9]+" search_in="hdr" header="CSeq:" assign_to="cseq"/>
</action></recv>
<Reference variables="from,to,cseq"/>
"""


def _sdp(port_word: str, events: bool) -> str:
    types = f"{ALAW_TYPE} {EVENT_TYPE}" if events else f"{ALAW_TYPE}"
    lines = [
        "v=0",
        "o=phone 1 1 IN IP[local_ip_type] [local_ip]",
        "s=-",
        "c=IN IP[media_ip_type] [media_ip]",
        "t=0 0",
        f"m=audio [{port_word}] RTP/AVP {types}",
        f"a=rtpmap:{ALAW_TYPE} PCMA/8000",
    ]
    if events:
        lines += [f"a=rtpmap:{EVENT_TYPE} telephone-event/8000", f"a=fmtp:{EVENT_TYPE} 0-15"]
    return "\n".join(lines)


def _send(text: str, *, retransmit: bool = False) -> str:
    attribute = ' retrans="500"' if retransmit else ""
    return f"<send{attribute}><![CDATA[\n{text}\n\n]]></send>\n"


def _request(method: str, cseq: int, *, caller: str, extra: str = "", body: str = "") -> str:
    in_dialog = method != "INVITE"
    target = "[next_url]" if in_dialog else "sip:[service]@[remote_ip]:[remote_port]"
    lines = [
        f"{method} {target} SIP/2.0",
        _VIA,
        *(["[routes]"] if in_dialog else []),
        f"From: {caller};tag=[pid]t[call_number]",
        "To: <sip:[service]@[remote_ip]:[remote_port]>" + ("[peer_tag_param]" if in_dialog else ""),
        "Call-ID: [call_id]",
        f"CSeq: {cseq} {method}",
        _CONTACT,
        "Max-Forwards: 70",
        *([extra] if extra else []),
        "Content-Length: [len]",
    ]
    return "\n".join(lines) + (f"\n\n{body}" if body else "")


def _reply(status: str, *, first: bool = False, body: str = "") -> str:
    head = _ECHO.replace("{to}", _FIRST_TO if first else "[last_To:]")
    lines = [f"SIP/2.0 {status}", head, _CONTACT]
    if body:
        lines.append("Content-Type: application/sdp")
    lines.append("Content-Length: [len]")
    return "\n".join(lines) + (f"\n\n{body}" if body else "")


def _scenario(name: str, body: str) -> str:
    return f'<?xml version="1.0" encoding="UTF-8" ?>\n<scenario name="{name}">\n{body}</scenario>\n'


def _media(action: str, milliseconds: int) -> str:
    """Plays; a BYE meanwhile ends the call at label 9 (a SIPp pause would not notice it)."""
    return (
        f"<nop><action>{action}</action></nop>\n"
        f'<recv request="BYE" timeout="{max(milliseconds, 1)}" ontimeout="7" next="9"/>\n'
        '<label id="7"/>\n'
    )


def caller(
    *,
    identity: str,
    headers: Sequence[str] = (),
    media: str,
    media_ms: int,
    port_word: str,
    events: bool,
    hang_up: bool,
) -> str:
    """Places a call as `identity` (a name-addr), plays `media`, hangs up or waits for BYE."""
    invite = _request(
        "INVITE",
        1,
        caller=identity,
        extra="\n".join([*headers, "Content-Type: application/sdp"]),
        body=_sdp(port_word, events),
    )
    return _scenario(
        "caller",
        _send(invite, retransmit=True)
        + "".join(f'<recv response="{code}" optional="true"/>\n' for code in (100, 180, 183))
        + '<recv response="200" rtd="true" rrs="true"/>\n'
        + _send(_request("ACK", 1, caller=identity))
        + _media(media, media_ms)
        + (_bye(identity) if hang_up else _await_bye()),
    )


def silent_caller(identity: str) -> str:
    """Places a call as `identity`, says nothing, waits for BYE: as little work as a call can be."""
    invite = _request(
        "INVITE",
        1,
        caller=identity,
        extra="Content-Type: application/sdp",
        body=_sdp("media_port", events=False),
    )
    return _scenario(
        "silent caller",
        _send(invite, retransmit=True)
        + "".join(f'<recv response="{code}" optional="true"/>\n' for code in (100, 180, 183))
        + '<recv response="200" rtd="true" rrs="true"/>\n'
        + _send(_request("ACK", 1, caller=identity))
        + _await_bye(),
    )


def _bye(identity: str) -> str:
    return (
        _send(_request("BYE", 2, caller=identity), retransmit=True)
        + '<recv response="200" next="10"/>\n<label id="9"/>\n'
        + _send(_reply("200 OK"))
        + '<label id="10"/>\n'
    )


def _await_bye() -> str:
    return f'<recv request="BYE" timeout="{_PATIENCE_MS}"/>\n<label id="9"/>\n' + _send(
        _reply("200 OK")
    )


def answering(
    *, ring_ms: int, media: str, media_ms: int, port_word: str, events: bool, hang_up: bool
) -> str:
    """Rings, answers, plays `media`, hangs up or waits for BYE; obeys a CANCEL while ringing."""
    return _scenario(
        "answering",
        _RECEIVE_INVITE
        + _send(_reply("180 Ringing", first=True))
        + f'<recv request="CANCEL" timeout="{max(ring_ms, 1)}" ontimeout="6" next="8"/>\n'
        + '<label id="6"/>\n'
        + _send(_reply("200 OK", first=True, body=_sdp(port_word, events)), retransmit=True)
        + '<recv request="ACK"/>\n'
        + _media(media, media_ms)
        + (_bye_as_called() if hang_up else _await_bye())
        + '<nop next="11"/>\n<label id="8"/>\n'
        + _cancelled()
        + '<label id="11"/>\n',
    )


def _bye_as_called() -> str:
    """BYE from the called side: From and To change places."""
    bye = "\n".join(
        [
            "BYE [next_url] SIP/2.0",
            _VIA,
            "[routes]",
            "From:[$to];tag=[pid]u[call_number]",
            "To:[$from]",
            "Call-ID: [call_id]",
            "CSeq: 1 BYE",
            _CONTACT,
            "Max-Forwards: 70",
            "Content-Length: 0",
        ]
    )
    return (
        _send(bye, retransmit=True)
        + '<recv response="200" next="10"/>\n<label id="9"/>\n'
        + _send(_reply("200 OK"))
        + '<label id="10"/>\n'
    )


def _cancelled() -> str:
    """Obeys a CANCEL that was just received: it is done, and the INVITE is over."""
    over = _reply("487 Request Terminated", first=True)
    return (
        _send(_reply("200 OK", first=True))
        + _send(over.replace("[last_CSeq:]", "CSeq: [$cseq] INVITE"), retransmit=True)
        + '<recv request="ACK"/>\n'
    )


def ringing() -> str:
    """Rings until the caller cancels."""
    return _scenario(
        "ringing",
        _RECEIVE_INVITE
        + _send(_reply("180 Ringing", first=True))
        + f'<recv request="CANCEL" timeout="{_PATIENCE_MS}"/>\n'
        + _cancelled(),
    )


def refusing(status: int) -> str:
    """Refuses the call with a final SIP status."""
    return _scenario(
        "refusing",
        '<recv request="INVITE" rrs="true"/>\n'
        + _send(_reply(f"{status} Refused", first=True), retransmit=True)
        + '<recv request="ACK"/>\n',
    )


def registering(user: str, password: str, expires: int = 3600) -> str:
    """Registers `user` with digest authentication."""

    def register(cseq: int, authentication: str) -> str:
        lines = [
            "REGISTER sip:[remote_ip] SIP/2.0",
            _VIA,
            f"From: <sip:{user}@[remote_ip]>;tag=[pid]r[call_number]",
            f"To: <sip:{user}@[remote_ip]>",
            "Call-ID: [call_id]",
            f"CSeq: {cseq} REGISTER",
            f"Contact: <sip:{user}@[local_ip]:[local_port]>;expires={expires}",
            *([authentication] if authentication else []),
            "Max-Forwards: 70",
            "Content-Length: 0",
        ]
        return _send("\n".join(lines), retransmit=True)

    return _scenario(
        "registering",
        register(1, "")
        + '<recv response="401" auth="true"/>\n'
        + register(2, f"[authentication username={user} password={password}]")
        + '<recv response="200"/>\n',
    )

"""Muting what MixMonitor records of a channel, both directions, and recording it again."""

from cti.ami import AmiLink
from cti.message import AmiReply
from dialplans.names import VAR_PAUSED


async def mute_recording(link: AmiLink, channel: str, *, muted: bool) -> AmiReply:
    """Asterisk's answer. `channel`: a name or a unique id. Raises as `AmiLink.action`.

    A repeat of the same changes nothing. The dialplan knows of it first and to the last: it begins
    no recorder anew that is muted.
    """
    if muted and not (marked := await _mark(link, channel, "1")).ok:
        return marked
    fields = [("Channel", channel), ("Direction", "both"), ("State", "1" if muted else "0")]
    reply = await link.action("MixMonitorMute", fields)
    if reply.ok != muted:  # it is not muted now
        await _mark(link, channel, "")
    return reply


async def recording_file(link: AmiLink, channel: str) -> AmiReply:
    """Asterisk's answer; its `value` is the path, empty where the channel was never recorded."""
    return await link.action("Getvar", {"Channel": channel, "Variable": "MIXMONITOR_FILENAME"})


async def _mark(link: AmiLink, channel: str, value: str) -> AmiReply:
    fields = [("Channel", channel), ("Variable", VAR_PAUSED), ("Value", value)]
    return await link.action("Setvar", fields)

"""Muting what MixMonitor records of a channel, both directions, and recording it again."""

from cti.ami import AmiLink
from cti.message import AmiReply


async def mute_recording(link: AmiLink, channel: str, *, muted: bool) -> AmiReply:
    """Asterisk's answer. `channel`: a name or a unique id. Raises as `AmiLink.action`.

    A repeat of the same changes nothing.
    """
    fields = [("Channel", channel), ("Direction", "both"), ("State", "1" if muted else "0")]
    return await link.action("MixMonitorMute", fields)

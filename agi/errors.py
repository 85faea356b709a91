"""What can go wrong while we talk to Asterisk about one call."""


class AgiError(Exception):
    """The base of this package's errors."""


class Hangup(AgiError):  # noqa: N818 -- not an error: a citizen may hang up at any moment
    """The channel is gone: hung up, or the connection to Asterisk has ended."""

    def __init__(self, while_doing: str = "") -> None:
        super().__init__(f"the channel is gone ({while_doing})" if while_doing else "")


class EmergencyKey(Exception):  # noqa: N818 -- not an error: a caller presses what they were told
    """The caller wants an emergency service (`Session.way_out`), whatever is being said or asked.

    No `AgiError`: where those are of no consequence, in last words, this one is.
    """


class ProtocolError(AgiError):
    """The peer does not speak AGI, or command and reply can no longer be matched: {text}."""


class CommandFailedError(AgiError):
    """Asterisk refused a command or could not carry it out: {command}: {reply}."""

    def __init__(self, command: str, reply: str) -> None:
        super().__init__(f"{command}: {reply}")
        self.command = command
        self.reply = reply


class CommandTimeoutError(AgiError):
    """No reply within the command's own length and the grace after it: {command}."""


class UnsafeArgumentError(AgiError):
    """A value that must not reach Asterisk as an argument: {text}."""

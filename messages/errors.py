"""What can go wrong with a message. Texts never hold a number, a name or a secret."""

from datetime import timedelta


class MessageError(Exception):
    """The base of this package's errors."""


class TemplateError(MessageError):
    """A template is missing, cannot be read, or does not fit its variables."""


class DeliveryError(MessageError):
    """A message was not taken."""


class TransientError(DeliveryError):
    """Not now: the same message may be taken later. `after`: as the gateway asked to wait."""

    def __init__(self, why: str, after: timedelta | None = None) -> None:
        super().__init__(why)
        self.after = after


class UnknownEndError(TransientError):
    """All of it was handed over, and no answer came: it may have been taken."""


class PermanentError(DeliveryError):
    """Not this message, however often it is sent."""


class MessageOverError(MessageError):
    """its link has ended (`helpline bundle renew` sends a new one), or it is not to be said now"""

    def __init__(self, message: object) -> None:
        super().__init__(f"message {message} is not sent again: {self.__doc__}")


class UnknownMessageError(MessageError):
    """No message of that key is held."""

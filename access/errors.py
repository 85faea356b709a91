"""What can go wrong with access. Texts never hold a password, a PIN, a code or a number."""

from datetime import datetime
from enum import StrEnum


class AccessError(Exception):
    """The base of this package's errors."""


class UnknownUserError(AccessError):
    """No such user."""

    def __init__(self, who: object) -> None:
        super().__init__(f"no user {who}")


class InvalidUserError(AccessError):
    """A user's field cannot be. `field` names it, `fault` is a key that pages have words for."""

    def __init__(self, field: str, fault: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field
        self.fault = fault


class WeakPasswordError(AccessError):
    """The new password is too easy to guess. `fault` is a key that pages have words for."""

    def __init__(self, fault: str, message: str) -> None:
        super().__init__(message)
        self.fault = fault


class WrongPasswordError(AccessError):
    """The present password is not that."""


class GrantFault(StrEnum):
    """Why a role cannot be given, or taken back. Pages have words for those of giving."""

    GIVEN = "given"
    UNKNOWN = "unknown"
    SCOPE = "scope"
    WHOLE = "whole"
    ORDER = "order"
    DAY = "day"
    ROLE = "role"
    GONE = "gone"


class GrantError(AccessError):
    """This role cannot be given so, or is given already. The message is an operator's."""

    def __init__(self, fault: GrantFault, message: str) -> None:
        super().__init__(message)
        self.fault = fault


class LastAdministratorError(AccessError):
    """Nobody could administer any more: the last administrator stays."""

    def __init__(self) -> None:
        super().__init__("this is the last administrator: appoint another one first")


class AdministratorExistsError(AccessError):
    """There is an administrator, who adds users from now on."""

    def __init__(self) -> None:
        super().__init__("there is an administrator already: they add users")


class InvalidCodeError(AccessError):
    """The first administrator's code is not that, was used, or is over."""


class TooManyGuessesError(AccessError):
    """Guesses are paused until then."""

    def __init__(self, until: datetime) -> None:
        super().__init__("too many guesses: wait")
        self.until = until


class InvalidPinError(AccessError):
    """A PIN cannot be so."""

"""What can be wrong with what is asked about calls."""


class CallError(Exception):
    """The base of this package's errors; the message is for the operator."""


class AlreadyBlockedError(CallError):
    """The number is on the list already: {number}."""

    def __init__(self, number: str) -> None:
        super().__init__(f"{number} is blocked already; lift that first")


class NotBlockedError(CallError):
    """The number is not on the list: {number}."""

    def __init__(self, number: str) -> None:
        super().__init__(f"{number} is not blocked")


class NotANumberError(CallError):
    """What was given is no telephone number: {text}."""

    def __init__(self, text: str) -> None:
        super().__init__(f"{text!r} is no telephone number")


class NotCutOffError(CallError):
    """The endpoint may dial as its rules say: {endpoint}."""

    def __init__(self, endpoint: str) -> None:
        super().__init__(f"{endpoint} is not cut off")


class NotARuleError(CallError):
    """What was given is no rule for dialling, or no time to keep a caller out: {what}."""

    def __init__(self, what: str) -> None:
        super().__init__(what)


class CallbackError(CallError):
    """What is asked about a call that is owed cannot be done now."""


class CallbackOverError(CallbackError):
    """Nothing is owed to this number any more."""

    def __init__(self) -> None:
        super().__init__("nothing is owed to this number any more")


class CallbackTakenError(CallbackError):
    """Another agent has taken it, or nobody has: {who}."""

    def __init__(self, who: str | None) -> None:
        self.who = who
        super().__init__(f"taken by {who}" if who else "take it first")


class CallbackUnderWayError(CallbackError):
    """They are being called, or talk with us."""

    def __init__(self) -> None:
        super().__init__("they are being called, or talk with us")

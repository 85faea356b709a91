"""What a check of the configuration found."""

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """Whether a cell may serve with it."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong. `where` is a file, a folder or `asterisk`."""

    severity: Severity
    where: str
    message: str

    def __str__(self) -> str:
        return f"{self.severity}: {self.where}: {self.message}"


def error(where: str, message: str) -> Finding:
    """The cell must not serve like this."""
    return Finding(Severity.ERROR, where, message)


def warning(where: str, message: str) -> Finding:
    """The cell can serve; somebody should look."""
    return Finding(Severity.WARNING, where, message)

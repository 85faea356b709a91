"""Days and times as pages show them: Indian Standard Time, months by name."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

IST = ZoneInfo("Asia/Kolkata")

_MONTHS = {
    "hi": (
        "जनवरी", "फ़रवरी", "मार्च", "अप्रैल", "मई", "जून", "जुलाई",
        "अगस्त", "सितंबर", "अक्तूबर", "नवंबर", "दिसंबर",
    ),
    "en": (
        "January", "February", "March", "April", "May", "June", "July",
        "August", "September", "October", "November", "December",
    ),
}  # fmt: skip


def day(at: datetime, language: str) -> str:
    """The day in India: 22 नवंबर 2025."""
    local = at.astimezone(IST)
    return f"{local.day} {_MONTHS[language][local.month - 1]} {local.year}"


def moment(at: datetime, language: str) -> str:
    """Day and time in India: 22 नवंबर 2025, 14:30."""
    return f"{day(at, language)}, {clock(at)}"


def clock(at: datetime) -> str:
    """The time of day in India: 14:30."""
    return at.astimezone(IST).strftime("%H:%M")


def exact(at: datetime, language: str) -> str:
    """Day and time in India to the second: 22 नवंबर 2025, 14:30:05."""
    return f"{day(at, language)}, {at.astimezone(IST).strftime('%H:%M:%S')}"


def clock_after(at: datetime) -> str:
    """The first full minute that is not before `at`, so that waiting until then is enough."""
    return clock(at + timedelta(seconds=59))

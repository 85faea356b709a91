"""What every group of settings has."""

from datetime import time, timedelta
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr


class Group(BaseModel):
    """Frozen; a name that is not known is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def _is_a_key(given: SecretStr) -> SecretStr:
    digits = given.get_secret_value()
    try:
        whole = len(digits) == 64 and len(bytes.fromhex(digits)) == 32
    except ValueError:
        whole = False
    if not whole:
        raise ValueError("a key is 64 hexadecimal digits")
    return given


HexKey = Annotated[SecretStr, AfterValidator(_is_a_key)]
"""32 bytes in hexadecimal."""


def _is_local(given: time) -> time:
    if given.tzinfo is not None:
        raise ValueError("a time of day is India's, without a zone")
    return given


LocalTime = Annotated[time, AfterValidator(_is_local)]
"""Of the day, in India."""

LONGEST = timedelta(days=400)
"""Beyond it a time cannot be added to a date, or is a slip of the pen."""
Wait = Annotated[timedelta, Field(gt=timedelta(0), le=LONGEST)]
"""It lasts some time."""
Days = Annotated[float, Field(ge=0, le=36500, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=0, le=36500)]
Share = Annotated[float, Field(ge=0, le=100, allow_inf_nan=False)]

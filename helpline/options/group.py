"""What every group of settings has."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, SecretStr


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

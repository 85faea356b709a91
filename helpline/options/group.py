"""What every group of settings has."""

from pydantic import BaseModel, ConfigDict


class Group(BaseModel):
    """Frozen; a name that is not known is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")

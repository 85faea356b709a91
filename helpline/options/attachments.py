"""How much an officer may attach to a disposal."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from complaints.attachments.limits import Limits
from helpline.options.group import Group

_GIB = 1 << 30


class AttachmentOptions(Group):
    """Files of one disposal. They lie in the recordings' store, under its master keys."""

    most: Annotated[int, Field(ge=0, le=100)] = 10
    """Files; 0: none are taken."""
    bytes_each: Annotated[int, Field(ge=1024, le=_GIB)] = 10 << 20
    """Of one file; it is held in memory while it arrives."""
    bytes_together: Annotated[int, Field(ge=1024, le=_GIB)] = 30 << 20
    seconds_each: Annotated[float, Field(ge=1, le=3600)] = 120.0
    """How long one file may take to arrive."""

    @property
    def limits(self) -> Limits:
        """As the use case takes them."""
        return Limits(self.most, self.bytes_each, self.bytes_together, self.seconds_each)

    @model_validator(mode="after")
    def _one_fits_among_all(self) -> Self:
        if self.bytes_each > self.bytes_together:
            raise ValueError("bytes_each: is more than bytes_together")
        return self

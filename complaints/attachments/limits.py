"""How much may be attached to one disposal. Pure."""

from dataclasses import dataclass

from complaints.attachments.media import HEAD, TAKEN, MediaType, media_of
from complaints.errors import RefusedFileError


@dataclass(frozen=True, slots=True)
class Limits:
    """Files, bytes, seconds. `seconds_each`: how long one may take to arrive."""

    most: int = 10
    bytes_each: int = 10 << 20
    bytes_together: int = 30 << 20
    seconds_each: float = 120.0

    def room_for(self, name: str, files: int, together: int) -> int:
        """How many bytes the next file may have, after `files` of `together` bytes.

        Raises `RefusedFileError` when it is one too many.
        """
        if files >= self.most:
            raise RefusedFileError(name, f"is one too many: {self.most} files a disposal")
        return min(self.bytes_each, self.bytes_together - together)

    def too_large(self, name: str, room: int) -> RefusedFileError:
        """What is said of a file of more than `room` bytes."""
        if room < self.bytes_each:
            return RefusedFileError(
                name, f"is too large: all files of a disposal have {_size(self.bytes_together)}"
            )
        return RefusedFileError(name, f"is too large: a file has {_size(self.bytes_each)} at most")


def kind_of(name: str, content: bytes) -> MediaType:
    """What the file is. Raises `RefusedFileError`."""
    if not content:
        raise RefusedFileError(name, "is empty")
    media_type = media_of(content[:HEAD])
    if media_type is None:
        raise RefusedFileError(name, f"is of no kind that is taken: {TAKEN}")
    return media_type


def _size(size: int) -> str:
    return f"{size >> 20} MiB" if size % (1 << 20) == 0 else f"{size} bytes"

"""Writing small private files so that a reader sees the old one or the new one, never a part."""

import os
import tempfile
from pathlib import Path


def write_atomically(path: Path, text: str, *, mode: int, group: int | None = None) -> None:
    """Replace `path` by `text` (UTF-8), durable on return. `group` is a numeric group id."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            if group is not None:
                os.fchown(file.fileno(), -1, group)
            os.fchmod(file.fileno(), mode)
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise

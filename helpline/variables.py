"""Variables of the environment that begin like ours and set nothing: slips of the pen."""

from collections.abc import Iterable, Mapping
from typing import get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo

PREFIX = "HELPLINE_"
# Of the settings file's place, of set-up, and of the project's own tests.
_NO_SETTINGS = ("HELPLINE_CONFIG", "HELPLINE_CACHE_DIR", "HELPLINE_REFERENCE_DATA")
_SOAK = "HELPLINE_SOAK"


def misspelt(environment: Iterable[str], fields: Mapping[str, FieldInfo]) -> list[str]:
    """Of the names in `environment` those that begin like ours and name none of `fields`.

    What comes within a group is refused where that group is read. As there, capitals do not matter.
    """
    return sorted(
        name
        for name in environment
        if name.upper().startswith(PREFIX)
        and name not in _NO_SETTINGS
        and not name.startswith(_SOAK)
        and not _sets(name[len(PREFIX) :].lower(), fields)
    )


def _sets(path: str, fields: Mapping[str, FieldInfo]) -> bool:
    first, within, _ = path.partition("__")
    return first in fields and (not within or _is_group(fields[first].annotation))


def _is_group(annotation: object) -> bool:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel | dict):
        return True
    return any(_is_group(one) for one in get_args(annotation))

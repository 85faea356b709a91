"""Trees by their parents: places within places, categories within categories."""

from collections.abc import Mapping


def line_above(node: str, parents: Mapping[str, str | None]) -> list[str]:
    """The node itself and all above it, nearest first. A ring among the parents is cut."""
    line: dict[str, None] = {}
    at: str | None = node
    while at is not None and at not in line:
        line[at] = None
        at = parents.get(at)
    return list(line)

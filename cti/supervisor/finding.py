"""Which calls somebody may find: scopes of their rights, as the statements want them. Pure."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import asyncpg

from access.rights import Person, Right, Scope, Subject, scopes_with

_OF_COMPLAINTS = frozenset({"department", "place", "post"})


@dataclass(frozen=True, slots=True)
class Reach:
    """`find`, `identify`: scopes as JSON, for `call_within` and `complaint_within` in the schema.

    `posts`: where the person has calls by posts alone; None: by more than that, or by nothing.
    `by_complaints`: whether all of theirs are by complaints, and none by its queue.
    """

    find: str
    identify: str
    posts: tuple[str, ...] | None
    by_number: bool
    by_complaints: bool

    @classmethod
    def of(cls, person: Person) -> "Reach":
        """As the person's rights are now."""
        scopes = scopes_with(person, Right.CALL_FIND)
        known = scopes_with(person, Right.CITIZEN_IDENTIFY)
        posts = tuple(sorted(scope.post for scope in scopes if scope.post is not None))
        return cls(
            _as_json(scopes),
            _as_json(known),
            posts if len(posts) == len(scopes) else None,
            any(_meets(one, other) for one in scopes for other in known),
            all(scope.parts.keys() & _OF_COMPLAINTS for scope in scopes),
        )


def subject_of(call: Mapping[str, Any] | asyncpg.Record) -> Subject:
    """What a right over a call is asked about: all of it, since its recording is one file.

    So it is theirs who have any of the `queues` in which the citizen stayed, as `call_within` has
    it for the lists.
    """
    return Subject(queues=frozenset(call["queues"]))


def _meets(one: Scope, other: Scope) -> bool:
    """Whether something may be within both: nothing that both name differs, but for places, where
    one may lie in the other.
    """
    theirs = other.parts
    return all(
        name == "place" or theirs.get(name, value) == value for name, value in one.parts.items()
    )


def _as_json(scopes: Iterable[Scope]) -> str:
    return json.dumps([scope.parts for scope in scopes])

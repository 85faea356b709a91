"""Roles and their scopes in words."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from access.rights import Grant, Scope
from web import dates
from web.shell import Visit


@dataclass(frozen=True, slots=True)
class ToldGrant:
    """A grant as a page shows it; `id` None: by a tenure, which is not taken back here."""

    id: UUID | None
    role: str
    scope: str
    until: str


def told_grants(visit: Visit, grants: Iterable[Grant]) -> list[ToldGrant]:
    """In the visitor's language."""
    return [
        ToldGrant(
            grant.id,
            visit.say(f"role.{grant.role}"),
            told_scope(visit, grant.scope),
            dates.moment(grant.until_at, visit.language) if grant.until_at else "",
        )
        for grant in grants
    ]


def told_scope(visit: Visit, scope: Scope) -> str:
    """`department jal, place lalitpur`, or that it holds everywhere."""
    parts = [visit.say(f"scope.{part}", code=code) for part, code in scope.parts.items()]
    return ", ".join(parts) or visit.say("user.everywhere")

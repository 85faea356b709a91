"""Complaints that the clock cannot do anything with, as a fault of ours might leave them."""

from uuid import UUID

from tests.complaints.world import World

_REWRITE = """
    alter table complaint_history disable trigger history_is_append_only;
    {};
    alter table complaint_history enable trigger history_is_append_only
"""


async def without_a_due_entry(world: World, complaint_id: UUID) -> None:
    """Its history does not say when its officer got it."""
    await world.pool.execute(
        _REWRITE.format(
            f"update complaint_history set due_at = null where complaint_id = '{complaint_id}'"
        )
    )


async def with_its_due_entry(world: World) -> None:
    """Mended, for all."""
    await world.pool.execute(
        _REWRITE.format(
            "update complaint_history h set due_at = c.due_at from complaint c"
            " where c.id = h.complaint_id and h.seq = 1"
        )
    )

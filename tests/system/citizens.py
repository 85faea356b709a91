"""Citizens with a complaint, and officers who dispose of it: what the dialer then has to do."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

import asyncpg

from complaints.disposal import DisposalKind, dispose
from complaints.registration import Registration, register
from helpline.demo.reference import CATEGORY, PLACE
from helpline.lab.bed import Bed
from helpline.lab.phones import PhoneCall
from helpline.lab.script import Behaviour, Press, Wait
from helpline.policies import policy_named

# The opening (0.8 s of tones) is over, and each question still waits, on a slow machine too.
OPENING = Wait(2.0)
NEXT = Wait(1.3)
IT_IS_I = (OPENING, Press("5"))
SATISFIED = (*IT_IS_I, NEXT, Press("1"))
DISSATISFIED = (*IT_IS_I, NEXT, Press("2"))


@dataclass(frozen=True)
class Matter:
    """One citizen's complaint on a bed."""

    bed: Bed
    number: str
    contact: str

    async def disposed(self) -> None:
        """The officer who has it reports a disposal."""
        await dispose(
            self.bed.helpline.pool,
            self.number,
            kind=DisposalKind.RESOLVED,
            report="हैंडपंप ठीक करा दिया गया।",
            post=(await self.row())["post"],
            actor="post:test",
            policy=policy_named("demo"),
            now=self.bed.now(),
        )

    async def called(self, behaviour: Behaviour) -> dict[str, Any]:
        """Dispose, let the citizen behave, and give the attempt with its call once settled."""
        phone = await self.bed.line.expect(behaviour)
        await self.disposed()
        return await self.settled(1, phone)

    async def settled(self, attempt_no: int, phone: PhoneCall | None = None) -> dict[str, Any]:
        """The `attempt_no`-th attempt about the last disposal, with its call, once settled."""

        async def found() -> dict[str, Any] | None:
            rows = [row for row in await self.attempts() if row["attempt_no"] == attempt_no]
            return dict(rows[0]) if rows and rows[0]["settled_at"] else None

        row = await self.bed.until(f"attempt {attempt_no} to be settled", found, 60)
        if phone is not None:
            await phone.wait()
        return row

    async def attempts(self) -> list[asyncpg.Record]:
        """All attempts about the last disposal, each with its call's row."""
        return await self.bed.rows(
            "select attempt.*, call.* from attempt join call using (id)"
            " join complaint on complaint.id = attempt.complaint_id"
            " where complaint.number = $1 and attempt.disposal_no = complaint.disposals"
            " order by attempt_no",
            self.number,
        )

    async def due(self) -> asyncpg.Record:
        """The last disposal's row of `feedback_due`."""
        return (
            await self.bed.rows(
                "select feedback_due.* from feedback_due join complaint"
                " on complaint.id = feedback_due.complaint_id"
                " where complaint.number = $1 order by disposal_no desc limit 1",
                self.number,
            )
        )[0]

    async def row(self) -> asyncpg.Record:
        """The complaint itself."""
        return (await self.bed.rows("select * from complaint where number = $1", self.number))[0]

    async def told(self, kind: str) -> list[asyncpg.Record]:
        """Messages of a kind about it."""
        return await self.bed.rows(
            "select notification.* from notification join complaint"
            " on complaint.id = notification.complaint_id"
            " where complaint.number = $1 and notification.kind = $2 order by created_at",
            self.number,
            kind,
        )

    async def register_entries(self) -> list[asyncpg.Record]:
        """Its entries in the register of dissatisfaction."""
        return await self.bed.rows(
            "select entry.* from dissatisfaction_register entry join complaint"
            " on complaint.id = entry.complaint_id where complaint.number = $1 order by entry_no",
            self.number,
        )


async def complain(bed: Bed, contact: str) -> Matter:
    """A new complaint, to be asked about at `contact` (E.164)."""
    registered = await register(
        bed.helpline.pool,
        Registration(
            key=uuid4(),
            contact=contact,
            category=CATEGORY,
            place=PLACE,
            text="हैंडपंप खराब है।",
            separate=True,
        ),
        policy=policy_named("demo"),
        now=bed.now(),
        actor="agent:test",
    )
    return Matter(bed, registered.number, contact)


async def nobody_is_left_to_ask(bed: Bed) -> None:
    """Put off what earlier tests left due: a test that moves the time dials only its own."""
    await bed.rows(
        "update feedback_due set next_attempt_at = next_attempt_at + interval '100 years',"
        " step_until = step_until + interval '100 years' where done_at is null"
    )


HOUR = timedelta(hours=1)

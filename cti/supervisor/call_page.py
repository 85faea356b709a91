"""One call: its course, what was recorded; listening with a reason, certificate, holds."""

import asyncio
import io
import tempfile
import zipfile
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, get_args
from uuid import UUID

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler

from access.rights import Right, may
from access.users import ACQUIRE_SECONDS
from calls.course import course_of
from cti.supervising import supervising
from cti.supervisor.call_list import number_for
from cti.supervisor.course import steps
from cti.supervisor.finding import Reach, subject_of
from cti.supervisor.hearing import ListeningRights, person_may_hear
from db.pool import Connection
from db.statements import statements
from recordings import pausing, retention
from recordings.certificate import Device, Party, Relation, without_browser
from recordings.errors import CertificateError, NoSuchFileError, NotAllowedError
from recordings.handing_out import hand_out
from recordings.listening import LinkTerms, Wish, link_for, renewed
from recordings.pausing import Pause
from recordings.vault import Vault
from web.dates import exact
from web.shell import RightRefusedError, Shell, Visit

_log = structlog.get_logger(__name__)
_LONGEST_REASON = 500
_LONGEST_OF_PARTY = 200


@dataclass(frozen=True, slots=True)
class CallParts:
    """What the pages need of recordings. `secret` signs links; `chromium` prints certificates."""

    vault: Vault
    secret: bytes
    device: Device
    chromium: Path


@dataclass(frozen=True, slots=True)
class Playing:
    """What is heard now: by a link that expires."""

    recording: UUID
    url: str

    @property
    def peaks(self) -> str:
        """Where the player finds what to draw."""
        return peaks_of(self.url)


def peaks_of(url: str) -> str:
    """What to draw beside a link: the same one, one step down."""
    path, _, query = url.partition("?")
    return f"{path}/peaks?{query}"


def add_routes(app: web.Application, shell: Shell, parts: CallParts) -> None:
    """`/calls/{id}` and what is done there."""
    pages = _Calls(parts, ListeningRights(shell.pool, shell.now))

    def page(handler: Callable[[Visit], Awaitable[web.StreamResponse]], right: Right) -> Handler:
        return shell.page(handler, right=right)

    router = app.router
    router.add_get("/calls/{id}", page(pages.show, Right.CALL_FIND))
    router.add_post("/recordings/renew", shell.page(pages.renew))
    for what, handler, right in (
        ("listen", pages.listen, Right.RECORDING_LISTEN),
        ("certificate", pages.certificate, Right.RECORDING_CERTIFY),
        ("hold", pages.hold, Right.RECORDING_HOLD),
        ("release", pages.release, Right.RECORDING_HOLD),
    ):
        path = "/calls/{id}/recordings/{recording}/" + what
        router.add_post(path, page(handler, right))


@dataclass(frozen=True, slots=True)
class _Calls:
    parts: CallParts
    rights: ListeningRights

    async def show(
        self, visit: Visit, *, playing: Playing | None = None, problem: str = ""
    ) -> web.StreamResponse:
        call = await _call(visit)
        person, subject = visit.signed_in.person, subject_of(call)
        async with visit.shell.pool.acquire(timeout=ACQUIRE_SECONDS) as conn:
            told = await _told(conn, call, visit)
            heard = [
                await person_may_hear(conn, one["id"], person, visit.shell.now())
                for one in told["recordings"][:1]
            ]
        return visit.render(
            "call.html.j2",
            call=call,
            number=number_for(person, call),
            exact=partial(exact, language=visit.language),
            may_listen=any(heard),
            may_hold=may(person, Right.RECORDING_HOLD, subject),
            may_certify=may(person, Right.RECORDING_CERTIFY, subject),
            relations=get_args(Relation),
            can_certify=without_browser(self.parts.chromium) is None,
            playing=playing,
            problem=problem,
            status=400 if problem else 200,
            **told,
        )

    async def listen(self, visit: Visit) -> web.StreamResponse:
        """A link for this person, this recording and this reason; each fetch is written down."""
        recording = await _recording(visit, Right.RECORDING_LISTEN)
        reason = await _reason(visit)
        wish = Wish(visit.by.actor, recording, reason)
        terms = LinkTerms(self.parts.secret, "")
        try:
            url = await link_for(visit.shell.pool, self.rights, wish, terms, visit.shell.now())
        except NotAllowedError as error:
            if not reason:
                return await self.show(visit, problem=visit.say("callpage.fault.reason"))
            raise RightRefusedError from error
        except NoSuchFileError:
            return await self.show(visit, problem=visit.say("callpage.fault.no_file"))
        return await self.show(visit, playing=Playing(recording, url))

    async def renew(self, visit: Visit) -> web.StreamResponse:
        """For the player, whichever page it is on: `{"url", "peaks"}` in place of the `link` that
        has ended. 403: not, or not any more; 404: there is no file any more.
        """
        old = (await visit.form()).get("link", "")
        terms, now = LinkTerms(self.parts.secret, ""), visit.shell.now()
        try:
            url = await renewed(visit.shell.pool, self.rights, visit.by.actor, old, terms, now)
        except NotAllowedError:
            await visit.shell.log_refusal(visit, Right.RECORDING_LISTEN)
            return web.json_response({}, status=403)
        except NoSuchFileError:
            return web.json_response({}, status=404)
        return web.json_response({"url": url, "peaks": peaks_of(url)})

    async def certificate(self, visit: Visit) -> web.StreamResponse:
        """The file and the certificate that covers it, together."""
        recording = await _recording(visit, Right.RECORDING_CERTIFY)
        form, reason = await visit.form(), await _reason(visit)
        party = _party(form)
        if not (party.name and party.designation and reason):
            return await self.show(visit, problem=visit.say("callpage.fault.signer"))
        try:
            body = await self._handed_out(visit, Wish(visit.by.actor, recording, reason), party)
        except NotAllowedError as error:
            raise RightRefusedError from error
        except NoSuchFileError:
            return await self.show(visit, problem=visit.say("callpage.fault.no_file"))
        except CertificateError as error:
            _log.error("certificate not made", recording=str(recording), error=str(error))
            return await self.show(visit, problem=visit.say(f"callpage.fault.{error.fault}"))
        disposition = f'attachment; filename="{recording}.certified.zip"'
        headers = {"Content-Disposition": disposition}
        return web.Response(body=body, content_type="application/zip", headers=headers)

    async def hold(self, visit: Visit) -> web.StreamResponse:
        """Keep it beyond its retention, until it is released."""
        return await self._keep(
            visit,
            lambda recording, why: retention.hold(
                visit.shell.pool, recording, by=visit.by.actor, why=why, until=None,
                now=visit.shell.now(),
            ),
        )  # fmt: skip

    async def release(self, visit: Visit) -> web.StreamResponse:
        """End its holds."""
        return await self._keep(
            visit,
            lambda recording, why: retention.release(
                visit.shell.pool, recording, by=visit.by.actor, why=why, now=visit.shell.now()
            ),
        )

    async def _keep(
        self, visit: Visit, act: Callable[[UUID, str], Awaitable[object]]
    ) -> web.StreamResponse:
        recording = await _recording(visit, Right.RECORDING_HOLD)
        reason = await _reason(visit)
        if not reason:
            return await self.show(visit, problem=visit.say("callpage.fault.reason"))
        try:
            await act(recording, reason)
        except NoSuchFileError:
            return await self.show(visit, problem=visit.say("callpage.fault.no_file"))
        return visit.go(f"/calls/{visit.request.match_info['id']}")

    async def _handed_out(self, visit: Visit, wish: Wish, party: Party) -> bytes:
        with tempfile.TemporaryDirectory(prefix="helpline-certified-") as folder:
            path, pdf, _ = await hand_out(
                visit.shell.pool,
                self.parts.vault,
                self.rights,
                wish,
                Path(folder),
                party=party,
                device=self.parts.device,
                chromium=self.parts.chromium,
                now=visit.shell.now(),
            )
            return await asyncio.to_thread(_zipped, [path, pdf])


def _party(form: Mapping[str, str]) -> Party:
    """Who signs, of the form; what is left out of it is written in by hand."""
    name, designation, kin, address = (
        form.get(one, "").replace("\0", "").strip()[:_LONGEST_OF_PARTY]
        for one in ("name", "designation", "kin", "address")
    )
    for relation in get_args(Relation):
        if form.get("relation", "managed") == relation:
            return Party(
                name=name, designation=designation, kin=kin, address=address, relation=relation
            )
    raise web.HTTPBadRequest


def _zipped(paths: list[Path]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        for path in paths:
            archive.write(path, path.name)
    return packed.getvalue()


async def _call(visit: Visit) -> Any:
    """The call of the address, if it is within their scopes: else it is not there for them."""
    reach = Reach.of(visit.signed_in.person)
    id = _uuid(visit.request.match_info["id"])
    async with visit.shell.pool.acquire(timeout=ACQUIRE_SECONDS) as conn:
        call = await statements().supervision_call_within(
            conn, id=id, find=reach.find, identify=reach.identify
        )
    if call is None:
        raise web.HTTPNotFound
    return call


async def _recording(visit: Visit, right: Right) -> UUID:
    """The recording of the address: of this call, with this right over it."""
    call = await _call(visit)
    recording, person = _uuid(visit.request.match_info["recording"]), visit.signed_in.person
    async with visit.shell.pool.acquire(timeout=ACQUIRE_SECONDS) as conn:
        if await statements().supervision_of_recording(conn, id=recording) != call["id"]:
            raise web.HTTPNotFound
        if right is Right.RECORDING_LISTEN:
            allowed = await person_may_hear(conn, recording, person, visit.shell.now())
        else:
            allowed = may(person, right, subject_of(call))
    if not allowed:
        await visit.shell.log_refusal(visit, right)
        raise RightRefusedError
    return recording


async def _told(conn: Connection, call: Any, visit: Visit) -> dict[str, Any]:
    """What was done in the call (who listened in, and why) is for who supervises."""
    asked, call_id, person = statements(), call["id"], visit.signed_in.person
    find = Reach.of(person).find
    recordings = []
    async for row in asked.supervision_call_recordings(conn, id=call_id):
        recordings.append(dict(row))
    for one in recordings:
        one["pauses"] = await pausing.pauses(conn, one["id"])
        one["gaps"] = gaps(one["pauses"], one["started_at"])
        one["holds"] = await retention.holds(conn, one["id"], visit.shell.now())
    rows = asked.supervision_call_complaints(conn, id=call_id, queues=call["queues"], find=find)
    complaints = [row async for row in rows]
    supervisor, actions = supervising(person, Right.CALL_FIND), []
    if supervisor is not None and supervisor.sees(call["queues"]):
        actions = [row async for row in asked.supervision_call_actions(conn, id=call_id)]
    return {
        "course": steps(await course_of(conn, call_id), call),
        "recordings": recordings,
        "complaints": complaints,
        "actions": actions,
    }


def gaps(pauses: Iterable[Pause], started_at: datetime) -> list[dict[str, object]]:
    """Pauses in seconds of the recording; the end of one that goes on is None. Pure."""

    def second(at: datetime | None) -> float | None:
        return None if at is None else max(0.0, round((at - started_at).total_seconds(), 1))

    return [
        {
            "begin": second(one.paused_at), "end": second(one.resumed_at), "why": one.why,
            "by": one.paused_by.rpartition(":")[2],
        }
        for one in pauses
    ]  # fmt: skip


async def _reason(visit: Visit) -> str:
    return (await visit.form()).get("reason", "").replace("\0", "").strip()[:_LONGEST_REASON]


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise web.HTTPNotFound from error

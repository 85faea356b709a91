"""Sealed files as the body of an HTTP answer: opened and sent piece by piece."""

from collections.abc import Callable

from aiohttp import web

from recordings.vault import SealedObject, Vault

#: Who asks, for what is written down: behind a proxy it is not the peer.
AddressOf = Callable[[web.Request], str]

_PIECE = 256 * 1024


async def first_piece(vault: Vault, sealed: SealedObject, start: int, end: int) -> bytes:
    """From `start` on. Read before the head leaves: a store that is away, or has lost the file, is
    then still an answer of its own. Raises a `RecordingError`.
    """
    return await vault.read(sealed, start, min(start + _PIECE, end))


async def send_rest(
    request: web.Request,
    response: web.StreamResponse,
    vault: Vault,
    sealed: SealedObject,
    span: tuple[int, int],
    piece: bytes,
) -> None:
    """The head, and bytes `span` (from, to exclusive), which begin with `piece`; for HEAD none."""
    start, end = span
    await response.prepare(request)
    while request.method != "HEAD" and piece:
        await response.write(piece)
        start += len(piece)
        piece = await first_piece(vault, sealed, start, end) if start < end else b""
    await response.write_eof()

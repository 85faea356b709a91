"""Style sheets and scripts, each under a name that holds its hash, so that browsers may keep it."""

import hashlib
import json
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from aiohttp import web

from web.errors import AssetsError

MANIFEST = "manifest.json"
PATH = "/static/"
_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_FOR_EVER = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class Asset:
    """A file as it is sent."""

    served_as: str
    body: bytes
    content_type: str


class Assets:
    """The package's own files, and the bundles of set-up as far as they are there."""

    def __init__(self, bundles: Path | None) -> None:
        self._by_name = dict(_own())
        if bundles is not None:
            self._by_name |= _bundled(bundles)
        self._served = {asset.served_as: asset for asset in self._by_name.values()}

    def url(self, name: str) -> str | None:
        """The path of `helpline.css` and the like; None when set-up made no such bundle."""
        asset = self._by_name.get(name)
        return None if asset is None else PATH + asset.served_as

    async def get(self, request: web.Request) -> web.Response:
        """`GET /static/{name}`; for ever the same under that name."""
        asset = self._served.get(request.match_info["name"])
        if asset is None:
            raise web.HTTPNotFound
        return web.Response(
            body=asset.body,
            content_type=asset.content_type,
            charset="utf-8",
            headers={"Cache-Control": _FOR_EVER},
        )


def _own() -> list[tuple[str, Asset]]:
    folder = files("web") / "static"
    found = []
    for file in folder.iterdir():
        stem, _, ending = file.name.rpartition(".")
        if f".{ending}" in _TYPES:
            body = file.read_bytes()
            digest = hashlib.sha256(body).hexdigest()[:12]
            asset = Asset(f"{stem}-{digest}.{ending}", body, _TYPES[f".{ending}"])
            found.append((file.name, asset))
    return found


def _bundled(folder: Path) -> dict[str, Asset]:
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        return {
            name: Asset(file, (folder / file).read_bytes(), _TYPES[Path(file).suffix])
            for name, file in manifest.items()
        }
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, KeyError, AttributeError) as error:
        raise AssetsError(f"{folder} cannot be read: run `make setup`") from error

"""Keys: what signs links and tokens, what wraps recordings' keys. Generated once, kept 0600."""

import secrets
import stat
from collections.abc import Sequence
from pathlib import Path
from uuid import uuid4

from dialplans.files import write_atomically
from helpline.cell import state_folder
from helpline.settings import Settings, SettingsError
from recordings.master import MasterKeys

_BYTES = 32


def signing_key(settings: Settings) -> bytes:
    """That of the settings, else the one in the state folder, made when there is none.

    Raises `SettingsError` if that is exposed.
    """
    if (given := settings.http.signing_key) is not None:
        return bytes.fromhex(given.get_secret_value())
    [key] = _kept(state_folder(settings).signing_key)
    return key


def master_keys(settings: Settings) -> MasterKeys:
    """The recordings' master keys: those of the settings, else those of the state folder.

    Raises `SettingsError`. The file has one key a line, the current one first.
    """
    given = settings.recordings.master_keys
    if given:
        return MasterKeys([bytes.fromhex(key.get_secret_value()) for key in given])
    path = state_folder(settings).master_keys
    kept = _kept(path)
    return MasterKeys(kept, again=lambda: _kept(path) if path.exists() else kept)


def add_master_key(settings: Settings) -> MasterKeys:
    """A new current key in the state folder's file; the others stay, for what they wrap."""
    if settings.recordings.master_keys:
        raise SettingsError("recordings.master_keys are given: put the new key first there")
    path = state_folder(settings).master_keys
    keys = [secrets.token_bytes(_BYTES), *_kept(path)]
    write_atomically(path, _as_lines(keys), mode=0o600)
    return MasterKeys(keys)


def _as_lines(keys: Sequence[bytes]) -> str:
    return "".join(f"{key.hex()}\n" for key in keys)


def _make(path: Path) -> None:
    """One new key. Of two processes that make one at once the first one's stands."""
    made = path.with_name(f".{path.name}.{uuid4()}")
    write_atomically(made, _as_lines([secrets.token_bytes(_BYTES)]), mode=0o600)
    try:
        path.hardlink_to(made)
    except FileExistsError:
        pass
    finally:
        made.unlink()


def _kept(path: Path) -> list[bytes]:
    """The keys in a file, which is made with one when there is none."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        _make(path)
    if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise SettingsError(
            f"{path} can be read by others: make it 0600 (never remove it: what it signed or "
            "sealed needs it)"
        )
    return [bytes.fromhex(line) for line in path.read_text(encoding="ascii").split()]

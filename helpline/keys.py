"""The key that signs links to recordings and agents' tokens: generated once, kept 0600."""

import secrets
import stat

from dialplans.files import write_atomically
from helpline.cell import state_folder
from helpline.settings import Settings, SettingsError

_BYTES = 32


def signing_key(settings: Settings) -> bytes:
    """The key in the state folder, made when there is none. Raises `SettingsError` if exposed."""
    path = state_folder(settings).signing_key
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, secrets.token_hex(_BYTES) + "\n", mode=0o600)
    if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise SettingsError(
            f"{path} can be read by others: make it 0600, or remove it for a new one"
        )
    return bytes.fromhex(path.read_text(encoding="ascii").strip())

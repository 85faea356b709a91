"""From a cell's settings to its complete private Asterisk configuration.

`render` is pure: the same settings and secrets give the same texts. `write` puts them on disk.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from dialplans import names
from dialplans.errors import SettingsError
from dialplans.files import write_atomically
from dialplans.modules import MODULES, SOFTPHONE_MODULES
from dialplans.secrets import Secrets, seal
from dialplans.settings import CellSettings

_TEMPLATES: Final = Path(__file__).with_name("templates")
_FILES: Final = (
    "asterisk.conf",
    "confbridge.conf",
    "extensions.conf",
    "http.conf",
    "indications.conf",
    "logger.conf",
    "manager.conf",
    "modules.conf",
    "musiconhold.conf",
    "pjsip.conf",
    "queuerules.conf",
    "queues.conf",
    "rtp.conf",
)
SOFTPHONES: Final = "softphones.inc"
"""Included by pjsip.conf: passwords, which change with each page."""
OF_AGENTS: Final = ("extensions.conf", "pjsip.conf", SOFTPHONES)
"""What names agents, and so may change while Asterisk runs."""
# Parts of Asterisk that are not ours to use yet: their files stand empty, so that none declines
# or falls back to something of its own.
_EMPTY: Final = {
    "acl.conf": "",
    "ccss.conf": "",
    "cdr.conf": "[general]\nenable = no\n",
    "cel.conf": "[general]\nenable = no\n",
    "codecs.conf": "",
    "dnsmgr.conf": "[general]\nenable = no\n",
    "dsp.conf": "",
    "extconfig.conf": "",
    "features.conf": "",
    "pjproject.conf": "",
    "sorcery.conf": "",
    "stasis.conf": "",
    "statsd.conf": "[general]\nenabled = no\n",
    "udptl.conf": "",
}
_PRIVATE_FOLDERS: Final = ("etc", "lib/keys", "cache", "agi", "spool", "run", "log", "data/sounds")


def render(cell: CellSettings, secrets: Secrets) -> dict[str, str]:
    """The text of each configuration file by its name. Raises `SettingsError`."""
    missing = sorted({agent.id for agent in cell.agents} - secrets.agents.keys())
    if missing:
        raise SettingsError(f"agents without a secret: {', '.join(missing)}")
    environment = _environment()
    values = {
        "cell": cell,
        "secrets": secrets,
        "names": names,
        "seal": seal(secrets.ami.get_secret_value()),
        "agi": f"agi://{cell.agi}",
        "modules": (
            *MODULES,
            *(SOFTPHONE_MODULES if cell.softphone else ()),
        ),
    }
    rendered = {name: environment.get_template(f"{name}.j2").render(values) for name in _FILES}
    if cell.softphone:
        rendered[SOFTPHONES] = softphone_passwords(cell, secrets)
    return dict(sorted((rendered | _EMPTY).items()))


def softphone_passwords(
    cell: CellSettings, secrets: Secrets, given: Mapping[str, str] | None = None
) -> str:
    """The text of `SOFTPHONES`. `given`: passwords by agent; who has none is locked, by a secret
    that nobody is told.
    """
    passwords = {id: secrets.agents[id].get_secret_value() for id in cell.softphones}
    passwords |= {id: word for id, word in (given or {}).items() if id in passwords}
    template = _environment().get_template(f"{SOFTPHONES}.j2")
    return template.render(passwords=passwords)


def write_softphone_passwords(
    cell: CellSettings, secrets: Secrets, given: Mapping[str, str], *, group: int | None = None
) -> None:
    """Put them on disk, beside the rest; Asterisk has to be told to read them."""
    text = softphone_passwords(cell, secrets, given)
    mode = 0o600 if group is None else 0o640
    write_atomically(cell.root / "etc" / SOFTPHONES, text, mode=mode, group=group)


def write_agents(cell: CellSettings, secrets: Secrets, given: Mapping[str, str]) -> None:
    """Put `OF_AGENTS` on disk for other agents, and leave the rest as it is; Asterisk has to be
    told to read them. `given`: passwords, see `softphone_passwords`. Raises `SettingsError`.
    """
    files = render(cell, secrets)
    if cell.softphone:
        files[SOFTPHONES] = softphone_passwords(cell, secrets, given)
    for name in OF_AGENTS:
        if name in files:
            write_atomically(cell.root / "etc" / name, files[name], mode=0o600)


def write(cell: CellSettings, files: Mapping[str, str], *, group: int | None = None) -> Path:
    """Write the configuration and make the cell's folders; the path of `asterisk.conf`.

    Files get mode 0600 and folders 0700; with `group` (a numeric id, of the account that Asterisk
    runs under) 0640 and 0770. Each file is replaced as a whole; unknown files stay as they are.
    """
    folder_mode = 0o700 if group is None else 0o770
    folders = [cell.root, *(cell.root / name for name in _PRIVATE_FOLDERS), cell.recordings_dir]
    for folder in folders:
        _make_folder(folder, folder_mode, group)
    _link(cell.root / "data/documentation", cell.documentation_dir)
    _link(cell.root / "data/sounds/en", cell.sounds_dir)
    etc = cell.root / "etc"
    for name, text in files.items():
        write_atomically(etc / name, text, mode=0o600 if group is None else 0o640, group=group)
    return etc / "asterisk.conf"


def _environment() -> Environment:
    # The output is no HTML; what is unfit for Asterisk is refused by the settings' types.
    return Environment(  # noqa: S701
        loader=FileSystemLoader(_TEMPLATES),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=_one_line,
    )


def _one_line(value: object) -> object:
    """A last wall: no value may begin a new line or a comment."""
    if isinstance(value, str) and any(character in value for character in "\r\n\0;"):
        raise SettingsError(f"a value cannot be written into a configuration file: {value!r}")
    return value


def _make_folder(folder: Path, mode: int, group: int | None) -> None:
    if folder.is_dir():
        return
    folder.mkdir(parents=True, mode=mode)
    if group is not None:
        os.chown(folder, -1, group)
        folder.chmod(mode)


def _link(link: Path, target: Path) -> None:
    if link.is_symlink() and link.readlink() == target:
        return
    if link.exists() and not link.is_symlink():
        raise SettingsError(f"{link} is in the way: it should be a link to {target}")
    link.unlink(missing_ok=True)
    link.symlink_to(target)

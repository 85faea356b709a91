"""The cell's generated secrets: made once, kept in one file that only its owner can read."""

import hmac
import json
import secrets
import stat
from collections.abc import Iterable, Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, SecretStr, ValidationError, field_validator

from dialplans.errors import SecretsError
from dialplans.files import write_atomically

_BYTES = 24
SHORTEST = 24
"""Characters. Ours have 32; a shorter one was put there by hand."""


class Secrets(BaseModel):
    """AMI's secret, and one SIP password for each agent by id."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    ami: SecretStr
    agents: Mapping[str, SecretStr]

    @field_validator("ami")
    @classmethod
    def _plain(cls, value: SecretStr) -> SecretStr:
        return _plain(value)

    @field_validator("agents")
    @classmethod
    def _all_plain(cls, value: Mapping[str, SecretStr]) -> Mapping[str, SecretStr]:
        return {agent_id: _plain(secret) for agent_id, secret in value.items()}


def ensure(path: Path, agent_ids: Iterable[str]) -> Secrets:
    """The secrets in `path`, with one for every agent; those that are missing are made and kept.

    The secret of an agent who is no longer configured stays: they may come back.
    Raises `SecretsError`.
    """
    known = _read(path)
    secrets_now = Secrets(
        ami=known.ami if known else _new(),
        agents={
            **{agent_id: _new() for agent_id in agent_ids},
            **(known.agents if known else {}),
        },
    )
    if secrets_now != known:
        write_atomically(path, _as_text(secrets_now), mode=0o600)
    return secrets_now


def generate(agent_ids: Iterable[str]) -> Secrets:
    """Secrets that are kept nowhere, for a trial."""
    return Secrets(ami=_new(), agents={agent_id: _new() for agent_id in agent_ids})


def seal(ami: str) -> str:
    """The variable whose name ends what Asterisk tells of each channel, known by AMI's secret only.

    A caller's number can hold line ends and so imitate events, but not this (`cti.genuine`).
    """
    return "HELPLINE_SEAL_" + hmac.new(ami.encode(), b"seal", "sha256").hexdigest()[:32]


def weak(secret: SecretStr) -> bool:
    """Whether a secret could be guessed: too short, or with too few different characters."""
    text = secret.get_secret_value()
    return len(text) < SHORTEST or len(set(text)) < 8


def _read(path: Path) -> Secrets | None:
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        if mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise SecretsError(f"{path} can be read by others (mode {mode:o}): make it 0600")
        return Secrets.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except OSError as error:
        raise SecretsError(f"{path} cannot be read: {error.strerror}") from error
    except ValidationError as error:
        # The error's own text would quote what it read.
        fields = ", ".join(".".join(map(str, item["loc"])) or "file" for item in error.errors())
        raise SecretsError(f"{path} does not hold secrets of ours ({fields})") from None


def _as_text(value: Secrets) -> str:
    shown = {
        "ami": value.ami.get_secret_value(),
        "agents": {key: secret.get_secret_value() for key, secret in value.agents.items()},
    }
    return json.dumps(shown, indent=2, sort_keys=True) + "\n"


def _new() -> SecretStr:
    return SecretStr(secrets.token_urlsafe(_BYTES))


def _plain(secret: SecretStr) -> SecretStr:
    text = secret.get_secret_value()
    if not text.isascii() or not text.replace("-", "").replace("_", "").isalnum():
        raise ValueError("a secret has letters, digits, - and _ only")
    return secret

"""Browsers as telephones: what the configuration says of them, and what Asterisk makes of it."""

from datetime import UTC, datetime
from ipaddress import IPv4Address
from pathlib import Path
from secrets import token_hex

import pytest
from pydantic import ValidationError

from dialplans.check import check
from dialplans.conf import sections
from dialplans.findings import Severity
from dialplans.lint import lint
from dialplans.render import (
    SOFTPHONES,
    render,
    softphone_passwords,
    write,
    write_softphone_passwords,
)
from dialplans.secrets import Secrets
from dialplans.settings import Address, CellSettings, SoftphoneSettings
from dialplans.trial import load
from helpline.tls import make_certificate


@pytest.fixture
def browsers(cell: CellSettings) -> CellSettings:
    """Agent 102 has no contact: they speak through their browser."""
    bind = Address(address=IPv4Address("127.0.0.20"), port=8089)
    return cell.model_copy(update={"softphone": SoftphoneSettings(bind=bind)})


def endpoint(text: str, name: str) -> dict[str, str]:
    (found,) = [
        one
        for one in sections(text)
        if one.name == name and one.get("type") == "endpoint" and not one.template
    ]
    return {key: found.get(key) for key, _ in found.settings}


def test_only_agents_without_a_contact_are_browsers(
    browsers: CellSettings, cell_secrets: Secrets
) -> None:
    files = render(browsers, cell_secrets)
    assert browsers.softphones == ("102",)
    browser, telephone = endpoint(files["pjsip.conf"], "102"), endpoint(files["pjsip.conf"], "101")
    assert (browser["webrtc"], browser["transport"]) == ("yes", "transport-websocket")
    assert "webrtc" not in telephone
    assert telephone["transport"] == "transport-udp"
    assert files["rtp.conf"].count("icesupport = yes") == 1


def test_without_softphones_nothing_listens_for_browsers(
    cell: CellSettings, cell_secrets: Secrets
) -> None:
    files = render(cell, cell_secrets)
    assert SOFTPHONES not in files
    assert files["http.conf"] == "[general]\nenabled = no\n"
    assert "websocket" not in files["pjsip.conf"] + files["modules.conf"]


def test_who_has_no_page_is_locked_by_a_secret_that_nobody_is_told(
    browsers: CellSettings, cell_secrets: Secrets
) -> None:
    locked = softphone_passwords(browsers, cell_secrets)
    assert cell_secrets.agents["102"].get_secret_value() in locked
    given = softphone_passwords(browsers, cell_secrets, {"102": "w" * 32, "999": "stranger"})
    assert "w" * 32 in given
    assert cell_secrets.agents["102"].get_secret_value() not in given
    assert "999" not in given
    secret = cell_secrets.agents["102"].get_secret_value()
    assert secret not in render(browsers, cell_secrets)["pjsip.conf"]


async def test_a_real_asterisk_has_nothing_to_complain_of(
    browsers: CellSettings, argv: list[str], tmp_path: Path
) -> None:
    now = datetime.now(UTC)  # Asterisk's clock
    _, certificate, key = make_certificate(tmp_path / "tls", ["127.0.0.20"], now)
    bind = Address(address=IPv4Address("10.1.0.10"), port=8089)
    softphone = SoftphoneSettings(bind=bind, certificate=certificate, key=key)
    tls = browsers.model_copy(update={"softphone": softphone})
    assert await load(tls, argv, IPv4Address("127.0.0.97")) == []


def test_the_passwords_are_readable_by_nobody_else(
    browsers: CellSettings, cell_secrets: Secrets
) -> None:
    (browsers.root / "etc").mkdir(parents=True, exist_ok=True)
    write_softphone_passwords(browsers, cell_secrets, {"102": "w" * 32})
    assert (browsers.root / "etc" / SOFTPHONES).stat().st_mode & 0o777 == 0o600


async def test_a_written_cell_with_browsers_has_nothing_to_complain_of_but_a_file_for_everybody(
    browsers: CellSettings, cell_secrets: Secrets
) -> None:
    async def found() -> list[tuple[str, str]]:
        address = IPv4Address("127.0.0.25")
        told = await check(browsers, cell_secrets, asterisk_argv=None, trial_address=address)
        return [(one.severity, one.where) for one in told]

    etc = write(browsers, render(browsers, cell_secrets)).parent
    assert await found() == []
    write_softphone_passwords(browsers, cell_secrets, {"102": token_hex(16)})  # of a session
    assert await found() == []
    (etc / SOFTPHONES).chmod(0o644)
    assert await found() == [(Severity.ERROR, SOFTPHONES)]
    (etc / SOFTPHONES).unlink()
    assert await found() == [(Severity.ERROR, SOFTPHONES)]


def test_the_check_reads_the_included_passwords_too(
    browsers: CellSettings, cell_secrets: Secrets
) -> None:
    files = render(browsers, cell_secrets)
    told = [one for one in lint(files) if one.where == "pjsip.conf"]
    assert told == []
    weak = files | {SOFTPHONES: softphone_passwords(browsers, cell_secrets, {"102": "1234"})}
    assert [one.where for one in lint(weak) if one.where == "pjsip.conf"] == ["pjsip.conf"]


def test_sip_in_the_clear_stays_on_this_machine(tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="in the clear"):
        SoftphoneSettings(bind=Address(address=IPv4Address("10.0.0.5"), port=8089))
    with pytest.raises(ValidationError, match="go together"):
        SoftphoneSettings(
            bind=Address(address=IPv4Address("10.0.0.5"), port=8089), key=tmp_path / "key.pem"
        )

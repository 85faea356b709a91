"""HTTPS: an own authority's certificate is one that a browser which trusts it takes."""

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import unused_port
from pydantic import ValidationError

from helpline.cli import main
from helpline.clock import system_clock
from helpline.http import HttpServer
from helpline.options.pages import HttpOptions
from helpline.settings import GivenSettings, SettingsError
from helpline.tls import CertificateError, make_certificate, tls_context
from helpline.tools import load_tools
from helpline.wiring import Helpline

ROOT = Path(__file__).parents[2]
NOW = datetime.now(UTC)


def options(certificate: Path, key: Path) -> HttpOptions:
    return HttpOptions(certificate=certificate, key=key, public_url="https://127.0.0.1:8443")


async def test_who_trusts_the_authority_is_served_by_https_and_wss(tmp_path: Path) -> None:
    authority, certificate, key = make_certificate(tmp_path, ["127.0.0.1", "desk.example"], NOW)

    async def socket(request: web.Request) -> web.WebSocketResponse:
        ready = web.WebSocketResponse()
        await ready.prepare(request)
        await ready.send_str("ready")
        await ready.close()
        return ready

    app = web.Application()
    app.router.add_get("/socket", socket)
    port = unused_port()
    server = HttpServer(app, "127.0.0.1", port, tls_context(options(certificate, key)))
    await server.start()
    try:
        trusting = ssl.create_default_context(cafile=authority)
        async with aiohttp.ClientSession() as client:
            async with client.ws_connect(f"wss://127.0.0.1:{port}/socket", ssl=trusting) as page:
                assert await page.receive_str(timeout=20) == "ready"
            with pytest.raises(aiohttp.ClientConnectorCertificateError):
                await client.get(f"https://127.0.0.1:{port}/socket")
    finally:
        await server.stop()


def test_the_authority_is_kept_and_its_keys_are_ours_alone(tmp_path: Path) -> None:
    authority, _, key = make_certificate(tmp_path, ["a.example"], NOW)
    before = authority.read_bytes()
    make_certificate(tmp_path, ["b.example"], NOW)
    assert authority.read_bytes() == before
    for secret in (key, tmp_path / "ca.key"):
        assert secret.stat().st_mode & 0o777 == 0o600
    with pytest.raises(CertificateError, match="ends too soon"):
        make_certificate(tmp_path, ["b.example"], NOW + timedelta(days=3400))


def test_a_key_of_another_certificate_is_refused_in_one_sentence(tmp_path: Path) -> None:
    _, certificate, _ = make_certificate(tmp_path / "a", ["a.example"], NOW)
    _, _, other = make_certificate(tmp_path / "b", ["b.example"], NOW)
    with pytest.raises(SettingsError, match="cannot be used"):
        tls_context(options(certificate, other))
    with pytest.raises(SettingsError, match="cannot be used"):
        tls_context(options(tmp_path / "none", other))


async def test_a_start_with_an_unusable_certificate_starts_nothing(tmp_path: Path) -> None:
    """It would take calls for some seconds, and cut them."""
    http = options(tmp_path / "none", tmp_path / "none")
    settings = GivenSettings(state_dir=tmp_path / "state", http=http)
    helpline = Helpline(settings, load_tools(ROOT), system_clock)
    with pytest.raises(SettingsError, match="cannot be used"):
        await helpline.start()
    assert not (tmp_path / "state" / "postgres").exists()


def test_check_is_not_content_with_an_unusable_certificate(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("helpline.toml").write_text(
        f'state_dir = "{tmp_path}"\n[http]\npublic_url = "https://a.example"\n'
        'certificate = "/nowhere"\nkey = "/nowhere"\n'
    )
    assert main(["check"]) == 1
    assert "error: certificate: http.certificate and http.key" in capsys.readouterr().out


def test_a_certificate_goes_with_a_key_and_an_https_address() -> None:
    with pytest.raises(ValidationError, match="go together"):
        HttpOptions(certificate=Path("x"))
    with pytest.raises(ValidationError, match="https://"):
        HttpOptions(certificate=Path("x"), key=Path("y"))


@pytest.mark.parametrize("name", ["", "हेल्प"])
def test_a_certificate_for_what_is_no_host_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(CertificateError, match="is no host"):
        make_certificate(tmp_path / "tls", ["a.example", name], NOW)
    assert not (tmp_path / "tls").exists()


@pytest.mark.parametrize(
    ("public_url", "origin"),
    [
        ("https://helpline.example.org/", "https://helpline.example.org"),
        ("https://Helpline.example.org:443/x", "https://helpline.example.org"),
        ("http://127.0.0.1:8076", "http://127.0.0.1:8076"),
        ("http://[::1]:8076", "http://[::1]:8076"),
    ],
)
def test_the_origin_is_as_browsers_name_it(public_url: str, origin: str) -> None:
    assert HttpOptions(public_url=public_url).origin == origin


def test_the_command_prints_the_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["certificate", "make", "--name", "desk.example", "--name", "10.0.0.5"]) == 0
    told = capsys.readouterr().out
    assert 'public_url = "https://desk.example:8076"' in told
    assert (tmp_path / "var/helpline/tls/server.pem").exists()

"""HTTPS of our own: the operator's certificate, or one of an own authority."""

import ssl
from datetime import datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from dialplans.files import write_atomically
from helpline.errors import OperatorError
from helpline.options.pages import HttpOptions
from helpline.settings import SettingsError

_CA_YEARS = timedelta(days=3650)
_SERVER_DAYS = timedelta(days=397)  # browsers take no longer ones
_BACK = timedelta(hours=1)  # clocks differ


class CertificateError(OperatorError):
    """A certificate cannot be made or read; the message says what to do."""


def tls_context(http: HttpOptions) -> ssl.SSLContext | None:
    """TLS 1.2 or later with the settings' certificate; None without one."""
    if http.certificate is None or http.key is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(http.certificate, http.key)
    except (OSError, ssl.SSLError) as error:
        raise SettingsError(
            f"http.certificate and http.key ({http.certificate}, {http.key}) cannot be used: "
            f"{error.strerror or error}"
        ) from error
    return context


def make_certificate(folder: Path, names: list[str], now: datetime) -> tuple[Path, Path, Path]:
    """A server certificate for `names` (hosts or addresses) by the authority in `folder`.

    The authority is made once and kept. Returns the paths of authority, certificate and key.
    """
    for name in names:
        if not name.isascii() or not name:
            raise CertificateError(
                f"{name!r} is no host: letters beyond a to z are written xn--..."
            )
    folder.mkdir(parents=True, exist_ok=True)
    authority, ca_key = _authority(folder, now)
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = (
        _builder(_named(names[0]), authority.subject, key, now, _SERVER_DAYS)
        .add_extension(x509.SubjectAlternativeName([_general(n) for n in names]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()),
            critical=False,
        )
        .sign(ca_key, hashes.SHA256())
    )
    chain = _pem(certificate) + _pem(authority)
    write_atomically(folder / "server.pem", chain, mode=0o644)
    write_atomically(folder / "server.key", _key_pem(key), mode=0o600)
    return folder / "ca.pem", folder / "server.pem", folder / "server.key"


def _authority(folder: Path, now: datetime) -> tuple[x509.Certificate, EllipticCurvePrivateKey]:
    kept, kept_key = folder / "ca.pem", folder / "ca.key"
    if kept.exists() and kept_key.exists():
        certificate = x509.load_pem_x509_certificate(kept.read_bytes())
        key = serialization.load_pem_private_key(kept_key.read_bytes(), None)
        if not isinstance(key, EllipticCurvePrivateKey):
            raise CertificateError(f"{kept_key} is not a key that we made")
        if certificate.not_valid_after_utc <= now + _SERVER_DAYS:
            raise CertificateError(f"{kept} ends too soon: remove it and its key for a new one")
        return certificate, key
    key = ec.generate_private_key(ec.SECP256R1())
    name = _named("Helpline 1076 own authority")
    certificate = (
        _builder(name, name, key, now, _CA_YEARS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_signs_only(), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    write_atomically(kept_key, _key_pem(key), mode=0o600)
    write_atomically(kept, _pem(certificate), mode=0o644)
    return certificate, key


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: EllipticCurvePrivateKey,
    now: datetime,
    lasts: timedelta,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _BACK)
        .not_valid_after(now + lasts)
    )


def _signs_only() -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=False,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=True,
        encipher_only=False,
        decipher_only=False,
    )


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name[:64])])


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def _key_pem(key: EllipticCurvePrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()

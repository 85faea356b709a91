"""When the certificate ends that browsers and softphones are shown."""

import asyncio
from datetime import datetime, timedelta
from pathlib import Path

import structlog
from cryptography import x509

from dialplans.findings import Finding, error, warning
from helpline.clock import Clock
from helpline.metrics import Metrics
from helpline.options.pages import HttpOptions
from helpline.settings import SettingsError
from helpline.tls import tls_context

_log = structlog.get_logger(__name__)
_SOON_DAYS = 30
_LOOK_SECONDS = 3600.0
_DAY = timedelta(days=1)


def certificate_end(http: HttpOptions) -> datetime | None:
    """Until when our own certificate holds; None without one. `ValueError`, `OSError`. Blocks."""
    return None if http.certificate is None else _end(http.certificate)


def _end(file: Path) -> datetime:
    return x509.load_pem_x509_certificates(file.read_bytes())[0].not_valid_after_utc


def certificate_findings(http: HttpOptions, now: datetime) -> list[Finding]:
    """What is wrong with it: a start would stop at one that cannot be used. Blocks."""
    try:
        tls_context(http)
        end = certificate_end(http)
    except (SettingsError, ValueError, OSError) as fault:
        return [error("certificate", str(fault))]
    if end is None or end - now >= _SOON_DAYS * _DAY:
        return []
    if end <= now:
        return [error("certificate", f"{http.certificate} has ended: {end.isoformat()}")]
    return [warning("certificate", f"{http.certificate} ends soon: {end.isoformat()}")]


class CertificateWatch:
    """Of what was loaded at the start: another file counts when we are started anew."""

    def __init__(self, end: datetime, now: Clock) -> None:
        self._end = end
        self._now = now
        self._told_at: datetime | None = None

    def days_left(self) -> float:
        """Below 0: it has ended."""
        return (self._end - self._now()) / _DAY

    async def run(self) -> None:
        """For ever."""
        while True:
            self.look()
            await asyncio.sleep(_LOOK_SECONDS)

    def look(self) -> None:
        """Say once a day that it ends soon."""
        now, days = self._now(), self.days_left()
        if days >= _SOON_DAYS or (self._told_at is not None and now - self._told_at < _DAY):
            return
        self._told_at = now
        _log.warning(
            "the certificate ends soon: renew it, then start this server and Asterisk anew",
            days_left=int(days),
            ends=self._end.isoformat(),
        )

    def add_metrics(self, metrics: Metrics) -> None:
        """What an operator watches."""
        metrics.gauge(
            "certificate_days_left", "Until the certificate of pages ends", self.days_left
        )

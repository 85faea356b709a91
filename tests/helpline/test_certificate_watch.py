"""The end of the certificate is told while there is time."""

from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from structlog.testing import capture_logs

from dialplans.findings import Severity
from helpline.certificate_watch import CertificateWatch, certificate_end, certificate_findings
from helpline.clock import ManualClock
from helpline.metrics import Metrics
from helpline.options.pages import HttpOptions
from helpline.tls import make_certificate

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def test_the_end_is_that_of_the_servers_certificate_not_of_its_authority(tmp_path: Path) -> None:
    _, certificate, key = make_certificate(tmp_path, ["helpline.example.org"], NOW)
    url = "https://helpline.example.org"
    http = HttpOptions(certificate=certificate, key=key, public_url=url)
    assert certificate_end(http) == NOW + 397 * DAY
    assert certificate_end(HttpOptions()) is None


def test_below_thirty_days_it_is_told_once_a_day() -> None:
    clock, metrics = ManualClock(NOW), Metrics()
    watch = CertificateWatch(NOW + 33 * DAY, clock)
    watch.add_metrics(metrics)
    with capture_logs() as told:
        for _ in range(35 * 24):
            watch.look()
            clock.advance(timedelta(hours=1))
    assert [one["days_left"] for one in told[:2]] == [29, 28]
    assert len(told) == 32
    assert "helpline_certificate_days_left -2.0" in metrics.exposition().decode()


def test_a_check_tells_of_a_certificate_that_a_start_could_not_use_or_that_ends(
    tmp_path: Path,
) -> None:
    _, certificate, key = make_certificate(tmp_path, ["a.example"], NOW)
    https = partial(HttpOptions, public_url="https://a.example")
    http = https(certificate=certificate, key=key)
    assert certificate_findings(HttpOptions(), NOW) == []
    assert certificate_findings(http, NOW) == []
    for days, severity in ((368, Severity.WARNING), (398, Severity.ERROR)):
        [told] = certificate_findings(http, NOW + days * DAY)
        assert (told.severity, told.where) == (severity, "certificate")
    for wrong in (https(certificate=tmp_path / "none", key=key), https(certificate=key, key=key)):
        [told] = certificate_findings(wrong, NOW)
        assert told.severity is Severity.ERROR
        assert "cannot be used" in told.message

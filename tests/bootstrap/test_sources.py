from __future__ import annotations

import pytest

from helpline.bootstrap import sources
from helpline.bootstrap.sources import Package, Source

DEB822 = """\
# a comment
Types: deb deb-src
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates
Components: main contrib
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://mirror.example/debian-security
Suites: bookworm-security
Components: main
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 mQINBF
 -----END PGP PUBLIC KEY BLOCK-----

Enabled: no
Types: deb
URIs: http://off.example/debian
Suites: bookworm
Components: main

Types: deb-src
URIs: http://source.example/debian
Suites: bookworm
Components: main
"""

ONE_LINE = """\
deb [arch=amd64 signed-by=/etc/apt/keyrings/a.gpg] https://mirror.example/debian bookworm main extra
deb-src https://mirror.example/debian bookworm main  # sources
#deb https://off.example/debian bookworm main
deb https://third.example/apt nodistro main
deb [ trusted=yes ] file:/srv/repo ./
"""

SIMULATION = """\
Reading package lists...
Inst libc6 (2.42-1 Debian:testing [amd64]) []
Inst sip-tester (1:3.8.0-1 Debian:testing [amd64])
Inst asterisk-config (1:22.10.1+dfsg+~cs6.17-1 Debian:testing [all]) [asterisk:amd64 ]
Conf libc6 (2.42-1 Debian:testing [amd64])
"""


def test_deb822_sources_are_read_without_disabled_and_source_ones() -> None:
    found = sources.parse_deb822(DEB822)
    assert [source.uri for source in found] == [
        "http://mirror.example/debian",
        "http://mirror.example/debian-security",
    ]
    assert found[0].suites == ("bookworm", "bookworm-updates")
    assert found[0].components == ("main", "contrib")


def test_a_key_over_several_lines_is_passed_on_whole() -> None:
    security = sources.parse_deb822(DEB822)[1]
    stanza = security.stanza("testing", ["main"])
    assert sources.parse_deb822(stanza)[0].signed_by == security.signed_by
    assert "mQINBF" in stanza


def test_one_line_sources_are_read_with_their_options() -> None:
    found = sources.parse_one_line(ONE_LINE)
    assert [source.uri for source in found] == [
        "https://mirror.example/debian",
        "https://third.example/apt",
        "file:/srv/repo",
    ]
    assert found[0].signed_by == "/etc/apt/keyrings/a.gpg"
    assert found[0].components == ("main", "extra")
    assert found[2].trusted


def test_the_distribution_is_preferred_to_third_parties() -> None:
    third = Source("https://third.example", ("nodistro",), ("main",))
    security = Source("https://s.example", ("bookworm-security",), ("main",))
    own = Source("https://own.example", ("bookworm",), ("main",))
    by_class = Source("https://class.example", ("stable",), ("main",))
    assert sources.distribution_source([third, security, own], "bookworm") == own
    assert sources.distribution_source([third, by_class], "bookworm") == by_class
    assert sources.own_suite(by_class, "bookworm") == "stable"
    assert sources.distribution_source([third, security], "bookworm") is None


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        ("asterisk:\n  Installed: (none)\n  Candidate: (none)\n", None),
        ("asterisk:\n  Installed: (none)\n  Candidate: 1:20.6.0~dfsg-1\n", "1:20.6.0~dfsg-1"),
        ("", None),
    ],
)
def test_candidate_of_apt_cache_policy(policy: str, expected: str | None) -> None:
    assert sources.candidate(policy) == expected


@pytest.mark.parametrize(
    ("version", "expected"), [("1:20.6.0~dfsg-1", 20), ("22.10.1", 22), ("unknown", 0)]
)
def test_major_ignores_the_epoch(version: str, expected: int) -> None:
    assert sources.major(version) == expected


@pytest.mark.parametrize(
    ("distribution", "candidate", "lists_known", "expected"),
    [
        ("debian", None, True, ["testing", "sid"]),
        ("debian", "1:16.28.0-1", True, ["testing", "sid"]),
        ("debian", "1:22.1.0-1", True, ["own", "testing", "sid"]),
        ("debian", None, False, ["own", "testing", "sid"]),
        ("ubuntu", "1:20.6.0-1", True, ["own"]),
        ("ubuntu", "1:18.10.0-1", True, []),
    ],
)
def test_suites_in_order(
    distribution: str, candidate: str | None, lists_known: bool, expected: list[str]
) -> None:
    order = sources.suites_to_try(distribution, "own", candidate, lists_known=lists_known)
    assert order == expected


def test_a_host_on_testing_tries_it_once() -> None:
    order = sources.suites_to_try("debian", "testing", "1:22.10.1-1", lists_known=True)
    assert order == ["testing", "sid"]


def test_closure_of_a_simulated_install() -> None:
    packages = sources.parse_simulation(SIMULATION)
    assert packages == [
        Package("asterisk-config", "1:22.10.1+dfsg+~cs6.17-1", "all"),
        Package("libc6", "2.42-1", "amd64"),
        Package("sip-tester", "1:3.8.0-1", "amd64"),
    ]
    assert packages[2].file_name == "sip-tester_1%3a3.8.0-1_amd64.deb"


def test_only_what_reaches_a_mirror_is_carried_over() -> None:
    dump = "\n".join(
        [
            'APT::Architecture "amd64";',
            'Acquire "";',
            'Acquire::http "";',
            'Acquire::http::Proxy "http://proxy.example:3128/";',
            'Acquire::https::CAInfo "/etc/ssl/own.pem";',
            'Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false";',
            'Acquire::Languages:: "none";',
            'DPkg::Post-Invoke:: "rm -f /x";',
        ]
    )
    assert sources.carried_settings(dump) == [
        'Acquire::http::Proxy "http://proxy.example:3128/";',
        'Acquire::https::CAInfo "/etc/ssl/own.pem";',
    ]


def test_shell_output_and_os_release() -> None:
    assert sources.parse_shell("A='/etc/a b'\nB='/c/'\n") == {"A": "/etc/a b", "B": "/c/"}
    release = sources.parse_os_release('ID=debian\nNAME="Debian GNU/Linux"\n')
    assert release == {"ID": "debian", "NAME": "Debian GNU/Linux"}

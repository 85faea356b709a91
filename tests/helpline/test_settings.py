"""The operator's settings: what is read from where, and what is refused."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from calls.model import Outcome
from calls.owed import PROMISED
from campaigns.pacing import Busy, allowed_now
from complaints.policy import FollowUp, SpecialClose, Step
from cti.alarms import AlarmKind
from cti.softphones import Turn
from helpline.cell import cell_settings
from helpline.dialing import callback_settings, dialer_settings
from helpline.keys import signing_key
from helpline.settings import GivenSettings, SettingsError, load_settings
from helpline.softphones import softphone_settings
from helpline.tools import load_tools

ROOT = Path(__file__).parents[2]
TARGET = "[[cell.targets]]\ncode = 'water'\nname_hi = 'जल'\nname_en = 'Water'\n"


def _write(folder: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    path = folder / "helpline.toml"
    path.write_text(text, encoding="utf-8")
    monkeypatch.setenv("HELPLINE_CONFIG", str(path))


def test_the_environment_wins_over_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _write(tmp_path, monkeypatch, "[http]\nport = 9000\nhost = '127.0.0.9'\n")
    monkeypatch.setenv("HELPLINE_HTTP__PORT", "9001")
    settings = load_settings()
    assert (settings.http.port, settings.http.host) == (9001, "127.0.0.9")


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("[http]\nport = 0\n", "http.port"),
        ("[http]\ncolour = 'red'\n", "http.colour"),
        ("[http]\nsigning_key = 'xyz'\n", "64 hexadecimal digits"),
        ("[htpp]\nport = 9000\n", "htpp"),
        ("clock_shift = 'PT1H'\n", "clock_shift"),
        ("[[cell.agents]]\nid = '1001'\nname = 'A'\nqueues = ['nowhere']\n", "nowhere"),
        ("policy = 'up-3000'\n", "policy"),
        ("[cell]\nqueues = []\n", "cell.queues"),
        ("[[alarms.rules]]\nkind = 'noise'\nthreshold = 1\n", "alarms.rules.0.kind"),
        ("[[alarms.rules]]\nkind = 'ami_down'\nthreshold = 0\nqueue = 'q'\n", "the cell's"),
        ("[[alarms.rules]]\nkind = 'waiting'\nthreshold = 5\nqueue = 'q'\n", "no queue q"),
        ("[category_rules.no-water]\nname = 'x'\n", "category_rules.no-water.name"),
        ("[category_rules.no-water]\nlast_level = 5\n", "last_level is 1 to 4"),
        ("[policy_rules]\nlast_level = 5\n", "last_level is 1 to 4"),
        (
            "[category_rules.x]\nafter_attempts = [{step = 'post', days = 2}]\n",
            "category_rules.x.after_attempts.0.step",
        ),
        ("[cell.nat]\npublic_address = 'pbx.example.org'\n", "cell.nat.public_address"),
        (f"{TARGET}number = '1916&PJSIP/x'\n", "cell.targets.0.number"),
        (f"{TARGET}number = '+91123'\n", "91123 is no telephone number"),
        (
            "[cell]\nsip = {address = '0.0.0.0', port = 5060}\n"
            "nat = {public_address = '203.0.113.10'}\n",
            "the one address to which the router leads",
        ),
        (
            "[cell.nat]\npublic_address = '203.0.113.10'\n"
            "[softphone]\nasterisk_stun = {host = 'stun.example.org'}\n",
            "either, not both",
        ),
        ("[softphone]\nrelay_only = true\n", "relay_only wants at least one server in turn"),
        ("[[cell.agents]]\nid = 'x;y'\nname = 'A'\n", "cell.agents.0.id"),
        ("this is not TOML", r"helpline\.toml is not TOML: Expected"),
    ],
)
def test_a_setting_that_cannot_be_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, named: str
) -> None:
    _write(tmp_path, monkeypatch, text)
    with pytest.raises(SettingsError, match=named):
        load_settings()


def test_a_listed_number_stays_as_it_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in ("12", "155261", "05222236760", "+915222236760"):
        _write(tmp_path, monkeypatch, f"{TARGET}number = '{number}'\n")
        [target] = load_settings().cell.targets
        assert target.number == number


def test_a_category_can_differ_from_the_policy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (
        "policy = 'mp-181'\n[category_rules.no-water]\nreviews_per_level = 0\n"
        "after_attempts = [{step = 'sms', days = 4}]\n"
    )
    _write(tmp_path, monkeypatch, text)
    rules = load_settings().rules
    assert (rules.name, rules.reviews_per_level) == ("mp-181", 1)
    assert rules.of("no-water").reviews_per_level == 0
    assert rules.of("no-water").after_attempts == (FollowUp(Step.SMS, 4),)
    assert rules.of("no-water").special_close is SpecialClose.PROPOSED


def test_alarms_have_their_times_in_seconds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rule = "[[alarms.rules]]\nkind = 'waiting'\nthreshold = 5\nraise_after = 15\n"
    _write(tmp_path, monkeypatch, rule)
    (given,) = load_settings().alarms.as_rules()
    assert (given.kind, given.threshold) == (AlarmKind.WAITING, 5)
    assert (given.raise_after, given.clear_after) == (timedelta(seconds=15), timedelta(minutes=1))


def test_a_tenant_differs_from_the_policy_and_a_category_from_the_tenant(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (
        "policy = 'hp-1100'\n[policy_rules]\nfeedback_attempts = 3\n"
        "registrations_per_month = 'any'\nreviews_per_level = 2\nconfidential_seen_from = 3\n"
        "[category_rules.no-water]\nfeedback_attempts = 6\n"
    )
    _write(tmp_path, monkeypatch, text)
    rules = load_settings().rules
    assert (rules.name, rules.special_close) == ("hp-1100", SpecialClose.NOBODY)
    assert (rules.reviews_per_level, rules.registrations_per_month) == (2, None)
    assert rules.confidential_seen_from == 3
    dialer = dialer_settings(load_settings()).rules
    assert dialer.retry_of("road").max_attempts == 3
    assert dialer.retry_of("no-water").max_attempts == 6
    assert rules.of("no-water").reviews_per_level == 2


def test_the_dialer_leaves_the_lines_alone_that_emergencies_have_for_themselves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (
        "[feedback]\ntrunk_channels = 30\ninbound_reserve = 15\n[guards]\nemergency_reserve = 4\n"
    )
    _write(tmp_path, monkeypatch, text)
    assert dialer_settings(load_settings()).limits.trunk_channels == 26


@pytest.mark.parametrize("left", [0, -90])
def test_a_trunk_that_is_kept_for_others_whole_is_refused_where_we_dial(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, left: int
) -> None:
    """It would stop the dialer for ever, without a word."""
    trunk = f"trunk_channels = {124 + left}\n"
    _write(tmp_path, monkeypatch, f"[feedback]\n{trunk}")
    with pytest.raises(SettingsError, match=f"inbound_reserve.*at most {119 + left}, or trunk"):
        load_settings()
    none = f"[feedback]\nenabled = false\n{trunk}[callbacks]\nenabled = false\n"
    _write(tmp_path, monkeypatch, none)
    assert load_settings().feedback.trunk_channels == 124 + left
    _write(tmp_path, monkeypatch, "[feedback]\ntrunk_channels = 125\n")
    limits = dialer_settings(load_settings()).limits
    assert allowed_now(limits, Busy(outbound=0, inbound=0, dialled=0), [], datetime.now(UTC)) == 1


_ODD = [
    "feedback.opens = '20:30:00'", "feedback.enabled = false\nfeedback.opens = '20:30:00'",
    "feedback.closes = '00:00:00'", "feedback.opens = '09:00:00Z'",
    "callbacks.closes = '00:00:00'", "callbacks.opens = '21:00:00'",
    "feedback.retry_busy = []", "feedback.retry_no_answer = []", "feedback.retry_hung_up = 0",
    "feedback.retry_wrong_person = -5", "feedback.retry_busy = [60, 0]",
    "feedback.retry_uncounted = 'P99999999D'", "feedback.calls_per_second = inf",
    "feedback.calls_per_second = 1e-15", "callbacks.retry = 0", "callbacks.retry = 'P99999999D'",
    "callbacks.listed_for = -1", "access.session_length = 'P99999999D'",
    "access.session_idle = 0", "notifications.retry_pauses = ['P99999999D']",
    "alarms.rules = [{ kind = 'waiting', threshold = inf }]",
    "alarms.rules = [{ kind = 'waiting', threshold = 1, raise_after = -5 }]",
    "http.public_url = 'nonsense'", "http.public_url = 'http://host:99999'",
    "http.public_url = 'http://['",
    "hours.shifts = [{ name = 'a', begins = '07:00:00Z', ends = '15:00:00' }]",
    "policy_rules.feedback_delay = 'P99999999D'", "policy_rules.sorting_days = inf",
    "policy_rules.review_share = nan", "policy_rules.most_days = 999999999",
    "policy_rules.after_attempts = [{ step = 'sms', days = 1e300 }]",
]  # fmt: skip


@pytest.mark.parametrize("text", _ODD)
def test_what_would_stop_the_server_later_is_refused_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    _write(tmp_path, monkeypatch, text)
    with pytest.raises(SettingsError):
        load_settings()


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://u:se%zzcret@h/d",
        "postgresql://u:se/cr#cret@h/d",
        "postgresql://u:12/cret@h/d",
        "postgresql://u:12?cret@h/d",
        "postgresql://u:se@cret@h/d",
        "postgresql://u:se cret@h/d",
        "postgres://u:cret@[::1:1/d",
        "postgresql://u:cret@h:99999/d",
        "postgresql://",
        "postgresql+psycopg://u:cret@h/d",
        "mysql://u:cret@h/d",
        "cret",
    ],
)
def test_an_address_of_a_database_that_a_driver_would_misread_is_refused_and_not_quoted(
    monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("HELPLINE_DATABASE_URL", url)
    with pytest.raises(SettingsError, match="database_url: no postgresql://user:") as caught:
        load_settings()
    assert "cret" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://u:a%2Fb%23c%25d%40e@10.0.0.9:5433/helpline",
        "postgres://u@[2001:db8::1]/d?sslmode=verify-full",
        "postgresql://helpline:x@/helpline?host=/var/lib/helpline&port=5432",
        "postgresql:///helpline",
    ],
)
def test_an_address_of_a_database_is_taken_as_it_stands(
    monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("HELPLINE_DATABASE_URL", url)
    given = load_settings().database_url
    assert given is not None
    assert given.get_secret_value() == url


@pytest.mark.parametrize(
    "name",
    [
        "HELPLINE_NOTIFICATIONS_ENABLED",
        "helpline_notifications_enabled",
        "HELPLINE_NOTIFICATION__ENABLED",
        "HELPLINE_NOTIFICATIONS__ENABLD",
        "HELPLINE_DATABASEURL",
        "HELPLINE_POLICY__NAME",
        "HELPLINE_config",
        "HELPLINE_",
    ],
)
def test_a_variable_that_names_no_setting_is_refused(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, "false")
    with pytest.raises(SettingsError, match=f"{name}|notifications.enabld"):
        load_settings()


def test_what_is_no_setting_and_yet_ours_or_somebody_elses_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _write(tmp_path, monkeypatch, "")
    for name in ("CACHE_DIR", "REFERENCE_DATA", "SOAK", "SOAK_MINUTES"):
        monkeypatch.setenv(f"HELPLINE_{name}", "1")
    monkeypatch.setenv("HELPLINES", "1")
    monkeypatch.setenv("HELPLINE_NOTIFICATIONS__ENABLED", "false")
    monkeypatch.setenv("helpline_http__port", "8099")
    monkeypatch.setenv("HELPLINE_SOFTPHONE__STUN", '["stun:a.example"]')
    monkeypatch.setenv("HELPLINE_CATEGORY_RULES", '{"handpump": {"vacancy_days": 1}}')
    monkeypatch.setenv("HELPLINE_CATEGORY_RULES__road__vacancy_days", "2")
    settings = load_settings()
    assert (settings.notifications.enabled, settings.http.port) == (False, 8099)
    assert settings.softphone is not None
    assert settings.rules.of("road").vacancy_days == 2


def test_an_error_does_not_quote_a_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _write(tmp_path, monkeypatch, "[http]\nport = 'hunter2-hunter2'\n")
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert "hunter2" not in str(caught.value)


def test_a_config_file_that_is_not_there_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HELPLINE_CONFIG", "/nowhere/helpline.toml")
    with pytest.raises(SettingsError, match="/nowhere"):
        load_settings()


def test_a_demo_may_have_its_own_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HELPLINE_POLICY", "demo")
    monkeypatch.setenv("HELPLINE_CLOCK_SHIFT", "-PT90S")
    assert load_settings().clock_shift == timedelta(seconds=-90)


def test_given_settings_meet_neither_file_nor_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _write(tmp_path, monkeypatch, "[http]\nport = 9000\n")
    monkeypatch.setenv("HELPLINE_DATABASE_URL", "postgresql://production/helpline")
    settings = GivenSettings()
    assert settings.database_url is None
    assert settings.http.port != 9000


@pytest.mark.parametrize(("text", "only"), [("", False), ("relay_only = true\n", True)])
def test_sound_goes_through_a_relay_alone_where_the_operator_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, *, only: bool
) -> None:
    monkeypatch.setenv("HELPLINE_POLICY", "demo")
    turn = "turn = [{ url = 'turn:relay:3478', secret = 's' }]\n"
    _write(tmp_path, monkeypatch, f"[softphone]\n{turn}{text}")
    settings = load_settings()
    cell = cell_settings(settings, load_tools(ROOT).asterisk)
    given = softphone_settings(settings, cell)
    assert (given.turn, given.relay_only) == ((Turn("turn:relay:3478", secret="s"),), only)


def test_what_the_router_and_the_telephones_need_reaches_the_cell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HELPLINE_POLICY", "demo")
    agent = "[[cell.agents]]\nname = 'A'\ncontact = {host = '10.0.0.7'}\n"
    text = "[cell]\nphone_check_seconds = 60\nnat = {public_address = '203.0.113.10'}\n"
    text += f"{agent}id = '1001'\n{agent}id = '1002'\nchecked = false\n"
    _write(tmp_path, monkeypatch, text)
    cell = cell_settings(load_settings(), load_tools(ROOT).asterisk)
    assert cell.phone_check_seconds == 60
    assert [agent.checked for agent in cell.agents] == [True, False]
    assert cell.nat is not None
    assert str(cell.nat.public_address) == "203.0.113.10"


@pytest.mark.parametrize(
    ("text", "most", "lowest", "pumps"),
    [
        ("", 10, None, None),
        ("[policy_rules]\nregistrations_per_month = 3\n", 3, None, None),
        ("[policy_rules]\nregistrations_per_month='any'\nconfidential_seen_from=3\n", None, 3, 3),
        (
            "[policy_rules]\nconfidential_seen_from = 3\n"
            "[category_rules.handpump]\nconfidential_seen_from = 'none'\n",
            *(10, 3, None),
        ),
    ],
)
def test_limits_of_registration_are_the_operators(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    text: str,
    most: int | None,
    lowest: int | None,
    pumps: int | None,
) -> None:
    (tmp_path / "helpline.toml").write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    rules = load_settings().rules
    assert (rules.registrations_per_month, rules.confidential_seen_from) == (most, lowest)
    assert rules.of("handpump").confidential_seen_from == pumps


@pytest.mark.parametrize(
    ("text", "days", "pumps"),
    [
        ("", 2, 2),
        ("[policy_rules]\nvacancy_days = 0\n", 0, 0),
        ("[policy_rules]\nvacancy_days = 'at_limit'\n", None, None),
        ("[category_rules.handpump]\nvacancy_days = 5\n", 2, 5),
    ],
)
def test_how_long_a_vacant_post_keeps_what_it_has_is_the_operators(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    text: str,
    days: float | None,
    pumps: float | None,
) -> None:
    (tmp_path / "helpline.toml").write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    rules = load_settings().rules
    assert (rules.vacancy_days, rules.of("handpump").vacancy_days) == (days, pumps)


def test_whom_we_promised_a_call_we_dial_unless_the_settings_say_otherwise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert set(callback_settings(GivenSettings()).reasons) == set(PROMISED)
    _write(tmp_path, monkeypatch, "[callbacks]\nreasons = ['queue_abandoned', 'closed']\n")
    assert set(callback_settings(load_settings()).reasons) == {
        Outcome.QUEUE_ABANDONED, Outcome.CLOSED,
    }  # fmt: skip
    _write(tmp_path, monkeypatch, "[callbacks]\nenabled = false\n")
    assert list(callback_settings(load_settings()).reasons) == []


def test_cells_with_one_signing_key_open_each_others_links(tmp_path: Path) -> None:
    """Whatever else lies in their state folders; without one each makes its own."""
    given = {"signing_key": "ab" * 32}
    keys = {
        signing_key(GivenSettings(state_dir=tmp_path / cell, http=given))  # type: ignore[arg-type]
        for cell in ("lko-1", "lko-2")
    }
    assert keys == {bytes.fromhex("ab" * 32)}
    assert not list(tmp_path.iterdir())
    own = {signing_key(GivenSettings(state_dir=tmp_path / cell)) for cell in ("lko-1", "lko-2")}
    assert len(own | keys) == 3

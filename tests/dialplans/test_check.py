from ipaddress import IPv4Address

import pytest

from dialplans.check import check
from dialplans.findings import Finding, Severity
from dialplans.lint import lint
from dialplans.render import render, write
from dialplans.secrets import Secrets
from dialplans.settings import CellSettings

PLANTED = [
    ("extensions.conf", "Queue(helpline-hi,", "Queue(helpline-en,", "unknown queue 'helpline-en'"),
    ("queues.conf", "[helpline-hi]", "[helpline]", "unknown queue 'helpline-hi'"),
    ("extensions.conf", "[unserved]", "[elsewhere]", "unknown context 'unserved'"),
    ("extensions.conf", "[ended-in-queue]", "[other]", "unknown context 'ended-in-queue'"),
    ("extensions.conf", "exten => 1076,1", "exten => _X.,1", "'_X.' matches any text"),
    ("extensions.conf", "exten => 1076,1", "exten => _[+*#0-9]!,1", "matches any text"),
    ("extensions.conf", "?fault,s,1", "?fault,x,1", "unknown fault,x"),
    ("extensions.conf", "Hangup()", "Dial(PJSIP/${EXTEN}@trunk)", "which only [emergency] may"),
    ("extensions.conf", "Dial(PJSIP/112@", "Dial(PJSIP/${EXTEN}@", "dials what a variable says"),
    ("extensions.conf", "${HELPLINE_TARGET}@", "${CALLERID(num)}@", "which only [emergency] may"),
    ("extensions.conf", "Dial(PJSIP/101,", "Dial(PJSIP/101@trunk,", "which only [emergency] may"),
    ("pjsip.conf", "context = from-trunk", "context = public", "unknown context 'public'"),
    ("pjsip.conf", "identify_by = ip", "identify_by = username", "takes calls from anybody"),
    ("pjsip.conf", "auth = 101\n", "\n", "takes calls from anybody"),
    ("pjsip.conf", "order = ip,username", "order = ip,username,anonymous", "anonymous"),
    ("pjsip.conf", "[102](media)", "[anonymous](media)", "takes calls from anybody"),
    ("manager.conf", "originate,agent", "originate,command,agent", "the right command"),
    ("manager.conf", "write = ", "write = all,", "the right all"),
    ("manager.conf", "bindaddr = 127.0.0.20", "bindaddr = 0.0.0.0", "listens on 0.0.0.0"),
    ("manager.conf", "bindaddr = 127.0.0.20", "", "every address"),
    ("manager.conf", "webenabled = no", "webenabled = yes", "over HTTP"),
    ("manager.conf", "permit = 127.0.0.0", "permit = 10.0.0.0", "other machines"),
    ("manager.conf", "deny = 0.0.0.0/0.0.0.0", "", "other machines"),
]


def test_what_we_render_has_nothing_to_complain_of(
    cell: CellSettings, cell_secrets: Secrets
) -> None:
    assert lint(render(cell, cell_secrets)) == []


@pytest.mark.parametrize(("file", "was", "planted", "said"), PLANTED)
def test_each_planted_fault_is_found(
    cell: CellSettings, cell_secrets: Secrets, file: str, was: str, planted: str, said: str
) -> None:
    files = render(cell, cell_secrets)
    assert was in files[file]
    findings = lint(files | {file: files[file].replace(was, planted)})
    assert any(said in finding.message for finding in findings), findings


@pytest.mark.parametrize("default", ["", "asterisk", "secret", "1234567890", "x" * 32])
def test_default_and_empty_secrets_are_found(
    cell: CellSettings, cell_secrets: Secrets, default: str
) -> None:
    files = render(cell, cell_secrets)
    for file, secret in (
        ("manager.conf", cell_secrets.ami),
        ("pjsip.conf", cell_secrets.agents["102"]),
    ):
        changed = files[file].replace(secret.get_secret_value(), default)
        assert [finding.where for finding in lint(files | {file: changed})] == [file]


async def on_disk(cell: CellSettings, secrets: Secrets) -> list[Finding]:
    address = IPv4Address("127.0.0.25")
    return await check(cell, secrets, asterisk_argv=None, trial_address=address)


async def test_a_file_changed_by_hand_is_reported_and_judged(
    cell: CellSettings, cell_secrets: Secrets
) -> None:
    etc = write(cell, render(cell, cell_secrets)).parent
    assert await on_disk(cell, cell_secrets) == []
    manager = etc / "manager.conf"
    manager.write_text(manager.read_text().replace("write = ", "write = command,"))
    (etc / "users.conf").write_text("")
    (etc / "queues.conf").chmod(0o644)
    findings = await on_disk(cell, cell_secrets)
    assert {(finding.severity, finding.where) for finding in findings} == {
        (Severity.ERROR, "manager.conf"),
        (Severity.WARNING, "manager.conf"),
        (Severity.WARNING, "users.conf"),
        (Severity.ERROR, "users.conf"),  # made with the rights of everybody
        (Severity.ERROR, "queues.conf"),
    }


async def test_a_missing_prompt_is_reported(cell: CellSettings, cell_secrets: Secrets) -> None:
    (cell.prompts_dir / "technical_fault.wav").unlink()
    findings = await on_disk(cell, cell_secrets)
    assert ["technical_fault" in finding.message for finding in findings] == [True]

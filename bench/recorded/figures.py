"""From the steps of the bench of recorded calls to its document and tables: pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bench.figures import middle, percentile, ratio, rounded
from bench.recorded.files import Checked
from bench.recorded.talks import Talked
from bench.report import table
from bench.search import Trial, highest_clean

METHOD = [
    "telephones of our own: SIP stamped by the kernel, a tone of A-law in 20 ms packets both ways, "
    "each with its number: what is lost between the two telephones is counted, not guessed",
    "(a) calls 1076: reception (short prompts), key 1, app_queue, an agent signed in by their page "
    "with screen-pop, stereo recording, its row first, sealed, read back, Opus copy made",
    "(b), (c) Answer, MixMonitor, Dial in a second Asterisk without AMI, AGI or database",
    "clean: no call failed, no packet lost, at most one in a thousand over 100 ms; a size fails at "
    "its second failure",
    "CPU: process trees from the first call until the last recording is closed and copied, less "
    "what an idle one uses, by call; medians over rounds; ratios of the same round",
    "(a) is longer by the reception: `a second` is CPU by second of a call",
    "recordings: each one there and as long as what its citizen said (0.5 s); four of each step "
    "opened: no channel silent for 0.3 s while both speak",
]
_GROUPS = ("asterisk", "python", "copies", "postgres")
_PRODUCT = "product"
_RATIOS = ("Asterisk CPU", "CPU but copies", "CPU", "Asterisk a second", "CPU a second")
_AUDIO = ("packets", "lost", "late", "p50 ms", "p99 ms", "recorded", "short s", "longest s")


@dataclass(frozen=True)
class Step:
    """One step of one variant. CPU in seconds, of all its calls."""

    calls: int
    talked: Talked
    checked: Checked
    cpu: Mapping[str, float]

    @property
    def clean(self) -> bool:
        """Nothing failed, nothing lost, every recording right."""
        return self.talked.clean and not self.checked.faults

    @property
    def call_seconds(self) -> float:
        """A call's length, in the middle."""
        lengths = [talk.seconds for talk in self.talked.talks.values() if talk.agent]
        return percentile(lengths, 50) or 0.0

    def cpu_ms(self, *groups: str) -> float | None:
        """By call; of all groups when none is named."""
        spent = [self.cpu[name] for name in groups or tuple(self.cpu) if name in self.cpu]
        return 1000 * sum(spent) / self.calls if spent else None


def told(step: Step) -> str:
    """One step in one line."""
    talked, checked = step.talked, step.checked
    parts = [f"{step.calls:>3} x {step.call_seconds:.0f} s"]
    parts += [f"{name} {spent:.0f}" for name in _GROUPS if (spent := step.cpu_ms(name)) is not None]
    parts.append(f"delay {talked.delay_ms.get('p50')} / {talked.delay_ms.get('p99')} ms")
    if step.clean:
        return "  ".join([*parts, "clean"])
    parts.append(f"failed {talked.failed}, lost {talked.lost}, late {talked.late}")
    return "  ".join([*parts, *(f"{len(checked.faults)}: {fault}" for fault in checked.faults[:1])])


def document(
    titles: Mapping[str, str],
    tried: Mapping[str, Sequence[Step]],
    at_common: Mapping[str, Sequence[Step]],
    idle: Mapping[str, float],
) -> dict[str, Any]:
    """Everything that was found, with plain names."""
    return {
        "method": METHOD,
        "idle_cpu_percent": {name: rounded(100 * spent, 1) for name, spent in idle.items()},
        "variants": {
            name: _variant(title, tried.get(name, ()), at_common[name])
            for name, title in titles.items()
        },
        "ratios_of_product": {
            name: _ratios(name, tried, at_common) for name in titles if name != _PRODUCT
        },
    }


def _variant(title: str, tried: Sequence[Step], common: Sequence[Step]) -> dict[str, Any]:
    shorts = [one for step in common for one in step.checked.short_seconds]
    return {
        "title": title,
        "highest_clean": _highest(tried),
        "tried": [
            {
                "calls": step.calls,
                "clean": step.clean,
                "failed": step.talked.failed,
                "lost": step.talked.lost,
                "late": step.talked.late,
                "own_gaps": step.talked.own_gaps,
                "faults": step.checked.faults[:3],
            }
            for step in tried
        ],
        "call_seconds": rounded(middle([step.call_seconds for step in common]), 1),
        "cpu_ms_per_call": {
            name: rounded(middle([step.cpu_ms(name) for step in common]), 1) for name in _GROUPS
        },
        "packets": sum(step.talked.packets for step in common),
        "lost": sum(step.talked.lost for step in common),
        "late": sum(step.talked.late for step in common),
        "own_gaps": sum(step.talked.own_gaps for step in common),
        "delay_ms": {
            name: rounded(middle([step.talked.delay_ms.get(name) for step in common]))
            for name in ("p50", "p99")
        },
        "calls": sum(step.calls for step in common),
        "recorded": sum(step.checked.recorded for step in common),
        "opened": sum(step.checked.opened for step in common),
        "short_seconds": {
            "p50": rounded(percentile(shorts, 50), 3),
            "longest": rounded(max(shorts), 3) if shorts else None,
        },
    }


def _highest(tried: Sequence[Step]) -> int | None:
    return highest_clean([Trial(step.calls, step.clean) for step in tried]) if tried else None


def _ratios(
    other: str, tried: Mapping[str, Sequence[Step]], at_common: Mapping[str, Sequence[Step]]
) -> dict[str, float | None]:
    pairs = list(zip(at_common[_PRODUCT], at_common[other], strict=True))

    def of(*groups: str) -> float | None:
        found = [ratio(mine.cpu_ms(*groups), theirs.cpu_ms("asterisk")) for mine, theirs in pairs]
        return rounded(middle(found))

    def of_a_second(*groups: str) -> float | None:
        found = [
            ratio(
                ratio(mine.cpu_ms(*groups), mine.call_seconds),
                ratio(theirs.cpu_ms("asterisk"), theirs.call_seconds),
            )
            for mine, theirs in pairs
        ]
        return rounded(middle(found))

    mine, theirs = _highest(tried.get(_PRODUCT, ())), _highest(tried.get(other, ()))
    return {
        "calls_at_once": rounded(ratio(mine, theirs)),
        "asterisk_cpu": of("asterisk"),
        "cpu_without_copies": of("asterisk", "python", "postgres"),
        "cpu": of(),
        "asterisk_cpu_a_second": of_a_second("asterisk"),
        "cpu_a_second": of_a_second(),
    }


def render(found: Mapping[str, Any]) -> str:
    """Calls at once, CPU, loss, recordings, ratios."""
    machine, idle = found["machine"], found["idle_cpu_percent"]
    rows, audio = [], []
    for one in found["variants"].values():
        cpu = one["cpu_ms_per_call"]
        rows.append(
            [
                *(one["title"], one["highest_clean"], one["call_seconds"]),
                *(cpu[name] for name in _GROUPS),
            ]
        )
        audio.append(
            [
                *(one["title"], one["packets"], one["lost"], one["late"]),
                *(one["delay_ms"]["p50"], one["delay_ms"]["p99"]),
                *(one["recorded"], one["short_seconds"]["p50"], one["short_seconds"]["longest"]),
            ]
        )
    ratios = [[name, *one.values()] for name, one in found["ratios_of_product"].items()]
    heads = ("Asterisk", "Python", "Opus copy", "PostgreSQL")
    return "\n\n".join(
        [
            f"{machine['cores']} x {machine['cpu_model']}, Asterisk {machine['asterisk']}, load "
            f"average before {machine['load_average_before']}; the product, idle: "
            + ", ".join(f"{name} {percent} %" for name, percent in idle.items()),
            f"CPU in ms a call, {found['common']} at once\n"
            + table(("", "clean at once", "s a call", *heads), rows),
            "Audio and recordings\n" + table(("", *_AUDIO), audio),
            "The product's, times the other's\n" + table(("", "calls at once", *_RATIOS), ratios),
            "\n".join(f"* {line}" for line in found["method"]),
        ]
    )

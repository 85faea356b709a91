"""From the steps of the FastAGI bench to its document and tables: pure."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bench.figures import middle, percentile, ratio, rounded
from bench.rounds import Results, Scale, Step, Variant

OURS, FLOOR, DIALPLAN = "ours", "floor", "dialplan"
_GROUPS = ("asterisk", "python", "postgres", "sipp")
_PYTHON_AIM, _RATE_AIM = 1.3, 0.9

METHOD = [
    "answering first in all: ANSWER is the first command; ours writes its row meanwhile, plays "
    "nothing before it is durable (shared commit, fsync), and writes its end after HANGUP",
    "ours_row_first: the row is durable before the citizen is answered, one after the other",
    "clean: no call failed, nothing sent twice, 95 % of the rate kept; a rate fails at its second "
    "failure",
    "the load's callers are silent, so that Asterisk's Answer waits half a second for their audio "
    "in all variants alike",
    "answer to first audio: calls of a telephone beside the load, which sends its first 20 ms of "
    "audio 20 ms after the answer (Asterisk's Answer waits for it); from the 200's arrival to that "
    "of the first packet with sound, both stamped by the kernel",
    "CPU: process trees over each step, by successful call; medians over rounds",
]


def document(results: Results, variants: Sequence[Variant], scale: Scale) -> dict[str, Any]:
    """Everything that was found, with plain names."""
    return {
        "method": METHOD,
        "step_seconds": scale.step_seconds,
        "rounds": scale.rounds,
        "common_rate": results.common_rate,
        "variants": {one.name: _variant(results, one) for one in variants},
        "aims": _aims(results),
    }


def told(done: Step) -> str:
    """One step in one line."""
    load = done.load
    parts = [f"{load.rate + _probes(done):>4}/s", f"200 {_ms(percentile(load.answer_ms, 50))} ms"]
    if done.heard:
        audio = percentile([heard.answer_to_audio for heard in done.heard], 50)
        parts.append(f"audio {_ms(audio)} ms")
    parts += [f"{name} {spent:.2f}" for name, spent in done.cpu_ms.items()]
    faults = load.asked - load.successful + done.probes_failed
    if load.clean and not done.probes_failed:
        parts.append("clean")
    else:
        kept = "-" if load.kept_rate is None else f"{load.kept_rate:.0f}/s"
        parts.append(f"failed {faults}, sent twice {load.retransmissions}, kept {kept}")
    return "  ".join(parts)


def _variant(results: Results, one: Variant) -> dict[str, Any]:
    common = results.at_common_rate[one.name]
    found: dict[str, Any] = {"title": one.title, "at_common_rate": _measured(common)}
    if one.searched:
        found |= {
            "rates_tried": [_tried(step) for step in results.tried[one.name]],
            "highest_clean_rate": results.highest(one.name),
            "at_half_rate": _measured(results.at_half_rate[one.name]),
        }
    return found | {
        "ratios": {
            f"to_{other}": _ratios(results, one, other)
            for other in (FLOOR, "floor_uvloop", DIALPLAN, "pyst2")
            if other != one.name and other in results.at_common_rate
        }
    }


def _tried(step: Step) -> dict[str, Any]:
    load = step.load
    return {
        "rate": load.rate,
        "clean": load.clean,
        "calls": load.asked,
        "failed": load.asked - load.successful,
        "retransmissions": load.retransmissions,
        "kept_rate": rounded(load.kept_rate, 1),
        "invite_to_200_ms": _spread(load.answer_ms),
        "cpu_ms_per_call": {name: rounded(spent, 3) for name, spent in step.cpu_ms.items()},
    }


def _measured(steps: Sequence[Step]) -> dict[str, Any]:
    """Medians over the rounds of each round's figures."""
    return {
        "rate": steps[0].load.rate + _probes(steps[0]),
        "calls": sum(step.load.successful + len(step.heard) for step in steps),
        "failed": sum(step.load.failed + step.probes_failed for step in steps),
        "retransmissions": sum(step.load.retransmissions for step in steps),
        "invite_to_200_ms": _middle_spread([step.load.answer_ms for step in steps]),
        "answer_to_first_audio_ms": _middle_spread(
            [[heard.answer_to_audio for heard in step.heard] for step in steps]
        ),
        "cpu_ms_per_call": {
            name: rounded(middle([step.cpu_ms.get(name) for step in steps]), 3)
            for name in _GROUPS
            if name in steps[0].cpu_ms
        },
    }


def _probes(step: Step) -> int:
    """Calls a second of the telephone that listened, by the share of its calls."""
    calls = len(step.heard) + step.probes_failed
    return round(calls * step.load.rate / step.load.asked)


def _spread(values: Sequence[float]) -> dict[str, float | None]:
    return {f"p{percent}": rounded(percentile(values, percent)) for percent in (50, 95)}


def _middle_spread(rounds: Sequence[Sequence[float]]) -> dict[str, float | None]:
    return {
        f"p{percent}": rounded(middle([percentile(values, percent) for values in rounds]))
        for percent in (50, 95)
    }


def _ratios(results: Results, one: Variant, other: str) -> dict[str, float | None]:
    """Of the same round, then their median: what drifts between rounds does not enter."""
    mine, theirs = results.at_common_rate[one.name], results.at_common_rate[other]

    def cpu(spent: Callable[[Step], float | None]) -> float | None:
        pairs = zip(mine, theirs, strict=True)
        return rounded(middle([ratio(spent(a), spent(b)) for a, b in pairs]))

    found = {
        "python_cpu": cpu(lambda step: step.cpu_ms.get("python")),
        "asterisk_cpu": cpu(lambda step: step.cpu_ms.get("asterisk")),
        "all_cpu_but_sipp": cpu(
            lambda step: sum(spent for name, spent in step.cpu_ms.items() if name != "sipp")
        ),
    }
    if one.searched:
        found["highest_clean_rate"] = rounded(
            ratio(results.highest(one.name), results.highest(other))
        )
    return found


def _aims(results: Results) -> list[dict[str, Any]]:
    """What the issue asked for, and what was reached."""
    figures = {
        name: _measured(steps) | {"highest": results.highest(name)}
        for name, steps in results.at_common_rate.items()
    }
    ours, floor, pyst2 = figures[OURS], figures[FLOOR], figures["pyst2"]

    def python(found: Mapping[str, Any]) -> float:
        return float(found["cpu_ms_per_call"]["python"])

    def answer(found: Mapping[str, Any]) -> float:
        return float(found["invite_to_200_ms"]["p50"] or 0)

    def audio(found: Mapping[str, Any]) -> float:
        return float(found["answer_to_first_audio_ms"]["p50"] or 0)

    return [
        _aim("Python CPU a call, times the floor's", python(ours), python(floor), _PYTHON_AIM),
        _aim(
            *("highest clean rate, times the floor's", ours["highest"], floor["highest"]),
            *(_RATE_AIM, True),
        ),
        _aim("Python CPU a call, times pyst2's", python(ours), python(pyst2), 1.0),
        _aim("INVITE to 200 (p50), times pyst2's", answer(ours), answer(pyst2), 1.0),
        _aim("answer to audio (p50), times pyst2's", audio(ours), audio(pyst2), 1.0),
    ]


def _aim(
    what: str, value: float, to: float, limit: float, at_least: bool = False
) -> dict[str, Any]:
    found = ratio(value, to)
    reached = found is not None and (found >= limit if at_least else found <= limit)
    return {
        "what": what,
        "aim": f"{'at least' if at_least else 'at most'} {limit:g}",
        "value": rounded(found),
        "reached": reached,
    }


def _ms(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f}"

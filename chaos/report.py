"""The report of a run, as text and as JSON."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from typing import Any

from chaos.proof.verdict import EXAMPLES
from chaos.result import Result


def as_json(result: Result) -> dict[str, Any]:
    """Everything that was measured and found."""
    size = result.size
    return {
        "command": command(result), "seed": size.seed, "good": result.is_good, "control": size.control,
        "storm_s": round(result.storm_s, 1), "quiet_s": round(result.quiet_s, 1),
        "faults": {"total": result.faults.total(), "by_kind": dict(result.faults)},
        "gateway_faults": result.gateway_faults,
        "recovery_s": {kind: _spread(times) for kind, times in _recoveries(result)},
        "never_recovered": result.never_recovered,
        "ended_by_themselves": dict(result.ended_by_themselves), "slow_ends": result.slow_ends,
        "left_moving": result.left_moving, **result.verdict.as_json(),
    }  # fmt: skip


def command(result: Result) -> str:
    """What reproduces the schedule."""
    size = result.size
    options = {
        "events": size.events,
        "faults": size.faults,
        "seconds": f"{size.seconds:g}",
        "months": size.months,
    }
    given = [f"--{name} {value}" for name, value in {**options, "seed": size.seed}.items()]
    given += [f"--{name}" for name in ("small", "control") if getattr(size, name)]
    return f'make chaos ARGS="{" ".join(given)}"'


def as_text(result: Result) -> str:
    """For a reader."""
    return "\n".join(_lines(result)) + "\n"


def _lines(result: Result) -> Iterator[str]:
    verdict = result.verdict
    yield command(result)
    yield ""
    promised, by_name = verdict.events["promised"], verdict.events["by name"]
    lost = verdict.lost["promised"] + verdict.lost["not done"]
    yield f"events promised        {promised:>9,}   lost {lost}, doubled {verdict.doubled}"
    yield f"by Celery's name alone {by_name:>9,}   lost {verdict.lost['by name']}"
    yield (
        f"in the broker's memory {verdict.events['destroyed']:>9,}   lost {verdict.lost['destroyed']}, "
        "when it was taken away on purpose"
    )
    copies = ", ".join(f"{door} {count:,}" for door, count in sorted(verdict.copies.items()))
    yield f"copies taken           {verdict.copies.total():>9,}   {copies}"
    refused = ", ".join(f"{why} {count:,}" for why, count in sorted(verdict.refused.items()))
    yield f"refused, as they may   {verdict.refused.total():>9,}   {refused}"
    yield f"storm {result.storm_s:,.0f} s, then quiet after {result.quiet_s:,.0f} s"
    yield ", ".join(f"{name} {count:,}" for name, count in verdict.counts.items())
    yield ""
    yield f"{'faults':<34}{result.faults.total():>5}   until work flowed again: median, longest"
    recovered = dict(_recoveries(result))
    for kind, count in sorted(result.faults.items(), key=lambda item: -item[1]):
        times = recovered.get(kind, [])
        shown = f"{statistics.median(times):6.1f} s {max(times):6.1f} s" if times else ""
        yield f"  {kind:<32}{count:>5}   {shown}"
    yield f"  {'of the gateway, call by call':<32}{sum(result.gateway_faults.values()):>5}"
    if result.never_recovered:
        yield f"no recovery seen after: {', '.join(result.never_recovered)}"
    if result.ended_by_themselves:
        yield f"ended by themselves: {dict(result.ended_by_themselves)}"
    if result.slow_ends:
        yield f"killed because they did not end: {result.slow_ends}"
    if result.left_moving:
        yield f"still waiting at the end: {result.left_moving}"
    yield ""
    for sentence, found in verdict.faults.items():
        yield f"NOT TRUE: {sentence} ({len(found):,})"
        yield from (f"    {example}" for example in found[:EXAMPLES])
    yield "everything that must hold does" if result.is_good else "found wanting"


def _recoveries(result: Result) -> list[tuple[str, list[float]]]:
    everything = [seconds for times in result.recovery.values() for seconds in times]
    return [*sorted(result.recovery.items()), *([("all", everything)] if everything else [])]


def _spread(times: Sequence[float]) -> dict[str, float]:
    ordered = sorted(times)
    return {
        "median": round(statistics.median(ordered), 2),
        "p99": round(ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))], 2),
        "longest": round(ordered[-1], 2),
    }

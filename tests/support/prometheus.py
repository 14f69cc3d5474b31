"""A scrape, and as much of Prometheus as our alert rules need: a comparison of a metric, and for how long it held."""

from __future__ import annotations

import operator
import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

_EXPR = re.compile(r"(\w+)(\{[^}]*\})? (>|<|==) ([0-9.]+)")
_LABEL = re.compile(r'(\w+)="([^"]*)"')
_COMPARE = {">": operator.gt, "<": operator.lt, "==": operator.eq}
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


class Sample(NamedTuple):
    """A value with its labels."""

    name: str
    labels: Mapping[str, str]
    value: float


def scraped(text: str) -> list[Sample]:
    """The samples of a scrape."""
    return [parsed(name, float(value)) for name, _, value in (line.rpartition(" ") for line in text.splitlines())
            if not name.startswith("#")]  # fmt: skip


def value_of(series: str, samples: Sequence[Sample]) -> float:
    """The value of one series, as it is written."""
    wanted = parsed(series, 0.0)
    [found] = [one.value for one in samples if one[:2] == wanted[:2]]
    return found


def parsed(series: str, value: float) -> Sample:
    """A sample from how a series is written."""
    return Sample(series.partition("{")[0], dict(_LABEL.findall(series)), value)


def holding(expr: str, samples: Sequence[Sample]) -> list[Sample]:
    """Those samples for which an expression of a rule holds."""
    found = _EXPR.fullmatch(expr)
    assert found, (
        f"{expr!r} is more than this reads: a metric, labels that are equal, a comparison with a number"
    )
    name, labels, compare, bound = found.groups()
    wanted = dict(_LABEL.findall(labels or ""))
    return [
        one for one in samples
        if one.name == name and wanted.items() <= one.labels.items() and _COMPARE[compare](one.value, float(bound))
    ]  # fmt: skip


def seconds(text: str) -> int:
    """How long `36h` is."""
    return int(text[:-1]) * _UNITS[text[-1]]


def values(text: str) -> list[float]:
    """The values of an input series: `1x9` is 1 and nine more of it."""
    found: list[float] = []
    for part in text.split():
        value, _, more = part.partition("x")
        found += [float(value)] * (int(more or 0) + 1)
    return found


def firing(
    rule: Mapping[str, Any], series: Mapping[str, Sequence[float]], at_s: int, step_s: int
) -> list[Sample]:
    """Those samples for which a rule fires at an instant: its expression has held for as long as it says."""
    first = at_s - seconds(rule["for"])
    steps = range(max(0, first), at_s + 1, step_s)
    held = []
    for name, points in series.items():
        each = [holding(rule["expr"], [parsed(name, points[step // step_s])]) for step in steps]
        if first >= 0 and all(each):
            held += each[-1]
    return held

"""Prometheus' text format: families of samples, each with its meaning."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Literal, NamedTuple

Value = int | float | Decimal

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Family(NamedTuple):
    """A metric: what it means, and its samples, each with its labels. A histogram's samples carry its suffixes."""

    name: str
    kind: Literal["gauge", "counter", "histogram"]
    meaning: str
    samples: tuple[tuple[str, Mapping[str, str], Value], ...]


def gauge(name: str, meaning: str, value: Value) -> Family:
    """A gauge without labels."""
    return Family(name, "gauge", meaning, ((name, {}, value),))


def labelled(
    name: str,
    meaning: str,
    label: str | tuple[str, ...],
    values: Iterable[tuple[str | tuple[str, ...], Value]],
) -> Family:
    """A gauge with a sample for each value of its label, or of its labels together."""
    names = (label,) if isinstance(label, str) else label
    samples = tuple(
        (name, dict(zip(names, (key,) if isinstance(key, str) else key, strict=True)), value)
        for key, value in values
    )
    return Family(name, "gauge", meaning, samples)


def exposition(families: Iterable[Family]) -> str:
    """The text of these metrics."""
    return "".join(f"{line}\n" for family in families for line in _lines(family))


def _lines(family: Family) -> Iterator[str]:
    yield f"# HELP {family.name} {family.meaning}"
    yield f"# TYPE {family.name} {family.kind}"
    for name, labels, value in family.samples:
        named = ",".join(f'{label}="{_escaped(text)}"' for label, text in labels.items())
        yield f"{name}{{{named}}} {_number(value)}" if named else f"{name} {_number(value)}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _number(value: Value) -> str:
    return f"{value:.3f}".removesuffix(".000") if isinstance(value, float) else str(value)

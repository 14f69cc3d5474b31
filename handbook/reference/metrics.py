"""Metrics and alerts, from the calls that make the ones and the file that holds the others."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from handbook.reference.markdown import code, page, table

SOURCES = Path("interfaces/http/metrics")
ALERTS = Path("ops/prometheus/alerts.yml")
_KINDS = {"gauge": "gauge", "labelled": "gauge", "_histogram": "histogram"}
_LEAD = (
    "What `GET /metrics` of `settle serve` says, in Prometheus' text format, and the rules of "
    "[ops/prometheus/alerts.yml](../../ops/prometheus/alerts.yml). When to worry about a metric, and how to scrape it, "
    "is under [Metrics](../operating.md#metrics); two boards for Grafana lie in [ops/grafana](../../ops/grafana)."
)


class Metric(NamedTuple):
    """A metric as it is declared: labels apart by commas."""

    name: str
    kind: str
    labels: str
    meaning: str


def text() -> str:
    """The page."""
    return page("Metrics and alerts", _LEAD, ("## Metrics", _metrics(), "## Alerts", _alerts()))


def declared() -> Iterator[Metric]:
    """Every metric that is made, in the order of its name.

    Raises:
        ValueError: a name or meaning is put together from parts, so that nobody finds it by looking for it.
    """
    calls = [
        node
        for path in sorted(SOURCES.glob("*.py"))
        if path.stem != "exposition"
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _KINDS
    ]
    yield from sorted(_metric(call) for call in calls)


def _metric(call: ast.Call) -> Metric:
    kind = call.func.id if isinstance(call.func, ast.Name) else ""
    name, meaning = map(ast.literal_eval, call.args[:2])
    labels: Any = ast.literal_eval(call.args[2]) if kind == "labelled" else ()
    if kind == "_histogram":
        labels = _keys(call.args[2])
    return Metric(name, _KINDS[kind], labels if isinstance(labels, str) else ", ".join(labels), meaning)


def _keys(rows: ast.expr) -> tuple[str, ...]:
    """The labels of a histogram: the keys of the first object in its rows."""
    found = next(node for node in ast.walk(rows) if isinstance(node, ast.Dict))
    return tuple(ast.literal_eval(key) for key in found.keys if key is not None)


def _metrics() -> str:
    rows = [(code(one.name), one.kind, one.labels, one.meaning) for one in declared()]
    return table(("metric", "kind", "labels", "meaning"), rows)


def _alerts() -> str:
    groups = yaml.safe_load(ALERTS.read_text("utf-8"))["groups"]
    rules = [rule for group in groups for rule in group["rules"]]
    rows = [
        (code(rule["alert"]), rule["labels"]["severity"], code(rule["expr"]), rule.get("for", ""),
         f"{rule['annotations']['summary']}. {rule['annotations']['description']}")
        for rule in rules
    ]  # fmt: skip
    return table(("alert", "severity", "fires when", "for", "what it means, and what to do"), rows)

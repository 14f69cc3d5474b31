"""Audits as they are presented: the daily ones, and one with its checks and the rule that each of them holds to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from interfaces.fields.field import Field, Fields, figure
from interfaces.fields.values import counted, duration

if TYPE_CHECKING:
    from settlement.operations.reports.audit import CheckResult
    from settlement.queries.audits import AuditRun

AUDITS: Fields[AuditRun] = (
    Field("day", "day", lambda row: row.day),
    figure("violations", "violations", lambda row: row.violations),
    Field("finished_at", "ended", lambda row: row.finished_at),
    figure("took_s", "took", lambda row: round(row.took_s, 3), seen=lambda row: duration(row.took_s)),
    Field("found", "", lambda row: dict(row.found)),
)
CHECKS: Fields[CheckResult] = (
    Field("name", "check", lambda row: row.name),
    Field("rule", "rule", lambda row: row.rule),
    Field("violations", "result", lambda row: row.violations,
          seen=lambda row: counted(row.violations, "violation") if row.violations else "ok"),
    figure("took_s", "took", lambda row: round(row.took_s, 3), seen=lambda row: f"{row.took_s:.2f} s"),
    Field("sentence", "what must hold", lambda row: row.sentence),
    Field("examples", "", lambda row: [dict(example) for example in row.examples]),
)  # fmt: skip

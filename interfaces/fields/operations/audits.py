"""An audit as it is presented: its checks, with the rule that each of them holds to, and what was looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from interfaces.fields.field import Field, Fields, figure
from interfaces.fields.values import counted

if TYPE_CHECKING:
    from settlement.operations.reports.audit import CheckResult

CHECKS: Fields[CheckResult] = (
    Field("name", "check", lambda row: row.name),
    Field("rule", "rule", lambda row: row.rule),
    Field("violations", "result", lambda row: row.violations,
          seen=lambda row: counted(row.violations, "violation") if row.violations else "ok"),
    figure("took_s", "took", lambda row: round(row.took_s, 3), seen=lambda row: f"{row.took_s:.2f} s"),
    Field("sentence", "what must hold", lambda row: row.sentence),
    Field("examples", "", lambda row: [dict(example) for example in row.examples]),
)  # fmt: skip

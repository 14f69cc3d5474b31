"""What a set of changes came to: counts and sums, additive, so that the ranges of a run add up to the run."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from settlement.model.changes import Changes


@dataclass(slots=True)
class Report:
    """Counts of bills and sums in minor units, each by currency; `paid` also by source, `skipped` by reason.

    `charged` is what payment methods are asked for, whatever they answer; it is not kept with a run.
    """

    issued: Counter[str] = field(default_factory=Counter)
    issued_minor: Counter[str] = field(default_factory=Counter)
    settled: Counter[str] = field(default_factory=Counter)
    paid_minor: Counter[str] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)
    parked: int = 0
    charged_minor: Counter[str] = field(default_factory=Counter)

    def add_changes(self, changes: Changes, currencies: dict[int, str]) -> None:
        """Counts what a plan decided. `currencies` names the currency of every account in the set."""
        for row in changes.bills.issued:
            currency = currencies[row.account_id]
            self.issued[currency] += 1
            self.issued_minor[currency] += row.payable_minor
            self.settled[currency] += row.state == "settled"
        for paid in changes.bills.paid:
            self.settled[currencies[paid.account_id]] += paid.state == "settled"
        by_source: Counter[tuple[str, str]] = Counter()
        for account_id, _, _, _, source, _, amount in changes.records.repayment_lines:
            by_source[currencies[account_id], source] += amount
        for close in changes.plain.rows:
            currency, paid_minor = close.currency, close.paid_minor
            self.issued[currency] += 1
            self.issued_minor[currency] += close.payable_minor
            self.settled[currency] += paid_minor == close.payable_minor
            if paid_minor:
                by_source[currency, "cash"] += paid_minor
        if rows := changes.plain_payments.rows:
            currency = changes.plain_payments.currency
            self.settled[currency] += len(rows)
            by_source[currency, "main_account"] += sum(row.amount_minor for row in rows)
        self.paid_minor.update(
            {f"{currency} {source}": amount for (currency, source), amount in by_source.items()}
        )
        for attempt in changes.charges.new_attempts:
            if attempt.state == "waiting":
                self.charged_minor[currencies[attempt.account_id]] += attempt.amount_minor
        for skip in changes.skips:
            self.skipped[skip.reason] += 1
        self.parked += len(changes.parked)

    def add(self, other: Report) -> None:
        """Adds another report to this one."""
        for name in ("issued", "issued_minor", "settled", "paid_minor", "skipped", "charged_minor"):
            getattr(self, name).update(getattr(other, name))
        self.parked += other.parked

    def as_json(self) -> dict[str, Any]:
        """Plain values for a jsonb column."""
        return {
            "issued": dict(self.issued),
            "issued_minor": dict(self.issued_minor),
            "settled": dict(self.settled),
            "paid_minor": dict(self.paid_minor),
            "skipped": {str(reason): count for reason, count in self.skipped.items()},
            "parked": self.parked,
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Report:
        """The inverse of `as_json`."""
        counters = {
            name: Counter(data[name])
            for name in ("issued", "issued_minor", "settled", "paid_minor", "skipped")
        }
        return cls(**counters, parked=data["parked"])

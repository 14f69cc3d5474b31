"""Repayment by people in the demonstration: a head office pays its branches' bills in one order, and lacks money."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from interfaces.cli.render.progress import Meter, Reading
from interfaces.fields.values import local
from sandbox.demo.cast import Event, event
from sandbox.demo.stage import Stage
from sandbox.demo.steps import must, watch
from settlement.model.cycle import Cycle, cycle_text
from settlement.model.money import money_text
from settlement.operations.reports.unified_settlements import SettlementPosition, read_position
from worker.runtime import Runtime

MAIN = "head-office"
# What each branch owes for the month; the head office has less than that.
BRANCHES = {"branch-north": "80.00", "branch-south": "50.00"}
CASH, LACKS = "60.00", "70.00"
CURRENCY, SETTLEMENT = "USD", "october"


def branches(at: datetime) -> list[Event]:
    """A main account with some cash, and members that have none, each with fees of the month."""
    events = [_event("account_opened", MAIN, currency=CURRENCY, opening_cash=CASH)]
    for branch, amount in BRANCHES.items():
        fee = {
            "id": branch, "amount": amount, "currency": CURRENCY, "product": "ECS",
            "incurred_at": (at - timedelta(days=1)).isoformat(),
        }  # fmt: skip
        events += [
            _event("account_opened", branch, currency=CURRENCY),
            _event("fees", branch, fees=[fee]),
            event("demo.branches", f"ask/{branch}", "relationship_requested", MAIN, {"member": branch}),
            _event("relationship_accepted", branch, main=MAIN),
        ]
    return events


@dataclass(slots=True)
class HeadOffice:
    """What people do. `send` waits until events are handled."""

    stage: Stage
    runtime: Runtime
    cycle: Cycle
    send: Callable[[Meter, list[Event]], None]

    def play(self, meter: Meter) -> Sequence[str]:
        """Lists and runs, then waits for the money; nobody looks after it."""
        listed = {"accounts": list(BRANCHES), "cycles": [cycle_text(self.cycle)]}
        self.send(meter, [_event("unified_settlement_created", MAIN, settlement=SETTLEMENT, **listed)])
        before = self._position()
        self.send(meter, [_event("unified_settlement_run", MAIN, settlement=SETTLEMENT)])
        waits = self._position()
        row = waits.settlement
        must(row.state == "running", f"settlement {SETTLEMENT} is {row.state} with too little money")
        must(
            money_text(waits.missing_minor, CURRENCY) == f"{LACKS} {CURRENCY}",
            f"{waits.missing_minor} is missing",
        )
        self.send(meter, [_event("top_up", MAIN, amount=LACKS, currency=CURRENCY)])
        began = time.monotonic()

        def read() -> Reading | None:
            found = self._position().settlement
            return (
                None if found.state == "completed" else Reading(found.settled, found.bills, "bills settled")
            )

        watch(meter, self.stage, read)
        took_s = time.monotonic() - began
        owed, paid = (
            money_text(minor, CURRENCY) for minor in (before.settlement.outstanding_minor, row.paid_minor)
        )
        now = local(self.runtime.now(), self.runtime.policy.zone)
        return (
            f"{now}: {MAIN} settles the bills of its {len(BRANCHES)} branches, {owed} in one order: {paid} at once",
            f"it waits for {LACKS} {CURRENCY}; they arrive, and {took_s:.1f} s later it has completed by itself",
        )

    def _position(self) -> SettlementPosition:
        return read_position(
            self.runtime.store, MAIN, SETTLEMENT, at=self.runtime.now(), policy=self.runtime.policy, limit=0
        )


def _event(event_type: str, account: str, /, **data: object) -> Event:
    return event("demo.branches", f"{event_type}/{account}", event_type, account, data)

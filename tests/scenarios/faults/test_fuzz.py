"""Messages and files that nobody meant, through the whole door: accepted or refused with a reason, whole or not at all.

The long form is `make fuzz`. What one example leaves behind is there for the next: odd states are part of it.
"""

from __future__ import annotations

import itertools
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from settlement.errors import Refused
from settlement.operations.inbox.fee_imports import ImportReport, import_fees
from tests.support.drawn.fuzzing import ACCOUNTS, examples, exports, messages
from tests.support.world import World

# What a refused event may not touch: everything but the inbox, and the record of imports; all that is announced is that
# it was refused.
_TABLES = (
    "account", "write_off_hold", "fee", "bill", "bill_line", "stored_value_card", "credit_refund", "coupon",
    "payment_term", "credit_watch", "payment_method", "collecting", "charge_attempt", "charge_line",
    "pre_authorization", "gateway_refund", "billing_relationship", "bill_payment", "unified_settlement",
    "unified_line", "repayment", "repayment_line", "ledger_transfer",
    "(SELECT * FROM outbox WHERE topic <> 'event.refused')",
)  # fmt: skip
_IMAGE = "SELECT " + ", ".join(
    f"(SELECT coalesce(sum(hashtextextended(CAST(t AS text), 0)), 0) FROM {table} t)" for table in _TABLES
)


def opened(world: World) -> None:
    """Accounts with something of everything, one bill of September unsettled, October accruing."""
    world.at("2026-09-20 00:00")
    world.open("fuzz-a", "fuzz-b", "fuzz-main", opening_cash="50.00")
    world.open("fuzz-yen", currency="JPY", opening_cash="5000")
    world.open("fuzz-credit", credit_control=True, credit_limit="100.00")
    world.fee("fuzz-a", "12.34", incurred_at="2026-09-10T00:00:00Z")
    world.fee("fuzz-b", "99.00", incurred_at="2026-09-10T00:00:00Z")
    world.fee("fuzz-credit", "60.00", incurred_at="2026-09-10T00:00:00Z")
    card = {"method": "visa", "kind": "bank_card", "gateway": "sandbox", "method_token": "ok"}
    world.send("payment_method_added", "fuzz-a", **card)
    world.send("card_activated", "fuzz-b", card="gift", amount="7.00", currency="USD",
               valid_from="2026-09-01T00:00:00Z", valid_until="2027-09-01T00:00:00Z")  # fmt: skip
    world.tie("fuzz-main", "fuzz-b")
    world.at("2026-10-02 04:00").tick()
    world.at("2026-10-05 00:00")
    for name in ("fuzz-a", "fuzz-b", "fuzz-credit"):
        world.fee(name, "3.21", incurred_at="2026-10-03T00:00:00Z")
    assert world.refused() == []
    assert world.faults() == 0


def image(world: World) -> tuple[Any, ...]:
    (found,) = world.rows(_IMAGE)
    return found


def booked(world: World, path: Path) -> tuple[ImportReport | None, str]:
    """The report of an import, or why the file is refused. Rows before the place that made it so may be booked."""
    try:
        return import_fees(world.store, path, at=world.now, policy=world.policy, batch_rows=2), ""
    except Refused as refusal:
        return None, refusal.code and refusal.message


def nobody_is_parked(world: World) -> None:
    parked = world.rows("SELECT external_id, parked_reason FROM account WHERE parked_at IS NOT NULL")
    assert parked == [], "figures did not add up: a plan made a mistake"


@pytest.fixture
def peopled(world: World) -> World:
    """The world with its accounts."""
    opened(world)
    return world


def test_events_that_nobody_meant_are_accepted_or_refused_whole(peopled: World) -> None:
    world = peopled
    numbers = itertools.count(1)
    seen = {"done": 0, "refused": 0}

    @examples(20)
    @given(st.lists(messages(), min_size=1, max_size=3))
    def told(batch: list[Any]) -> None:
        named = [
            {"event_id": f"fuzz-{next(numbers)}", **message} if isinstance(message, dict) else message
            for message in batch
        ]
        before, last = image(world), world.one("SELECT coalesce(max(id), 0) FROM inbox")
        world.receive(*named)
        world.drain(max_attempts=1)
        rows = world.rows("SELECT state, reason_code, reason, data FROM inbox WHERE id > :last", last=last)
        for state, code, reason, data in rows:
            assert state in ("done", "refused"), (state, code, reason, data)
            assert state == "done" or (code and reason), data
            seen[state] += 1
        if all(state == "refused" for state, *_ in rows):
            assert image(world) == before, "refused, and yet something was written"
        nobody_is_parked(world)

    told()
    sys.stdout.write(f"events: {seen}\n")
    assert world.one("SELECT count(*) FROM inbox WHERE state IN ('waiting', 'parked')") == 0
    assert seen["done"] >= 5
    assert seen["refused"] >= 5
    assert world.faults() == 0
    world.at("2026-11-02 04:00").tick()
    nobody_is_parked(world)
    assert world.faults() == 0


def test_files_that_nobody_meant_are_booked_or_refused_row_by_row(peopled: World) -> None:
    world = peopled
    seen = {"accepted": 0, "refused": 0, "files": 0}

    @examples(20)
    @given(exports())
    def imported(content: bytes) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "export.csv")
            path.write_bytes(content)
            before = image(world)
            report, refusal = booked(world, path)
        if report is None:
            assert refusal
            seen["files"] += 1
            return
        assert report.rows == report.accepted + report.duplicate + report.refused
        if not report.accepted:
            assert image(world) == before
        seen["accepted"] += report.accepted
        seen["refused"] += report.refused
        nobody_is_parked(world)

    imported()
    sys.stdout.write(f"rows of files: {seen}\n")
    assert min(seen.values()) >= 1, seen
    assert ACCOUNTS[0] in {name for (name,) in world.rows("SELECT external_id FROM account")}
    assert world.faults() == 0

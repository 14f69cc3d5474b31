"""What the schema refuses of payments by hand and unified settlements, whoever asks. Rule: R8.3a, R9.3g."""

from __future__ import annotations

import psycopg
import pytest
from psycopg import errors

from tests.support.world import World

PAYMENT = """INSERT INTO bill_payment (id, account_id, external_id, cycle, total_minor, balance_minor, currency,
    channel, attempt_no, state, started_at, lease_until, finished_at)
    SELECT 900, account_id, %s, cycle, 100, 100, currency, 'balance', NULL, CAST(%s AS payment_state), now(), now(),
           CASE WHEN %s <> 'running' THEN now() END
    FROM bill_payment"""
SETTLEMENT = """INSERT INTO unified_settlement (id, main_id, external_id, currency, created_at)
    SELECT 900, main_id, 'u2', currency, now() FROM unified_settlement"""
LINE = """INSERT INTO unified_line (settlement_id, account_id, cycle, line_no, listed_minor, state)
    SELECT 900, account_id, cycle, 1, 100, CAST(%s AS unified_line_state) FROM unified_line"""
NEVER = (
    "UPDATE bill SET reserved_minor = payable_minor + 1 WHERE reserved_minor > 0",
    "UPDATE bill SET reserved_minor = -1",
    "UPDATE account SET held_minor = cash_minor + 1",
    "UPDATE account SET transferred_in_minor = cash_minor + 1",
    "UPDATE account SET returnable_minor = 1",
    "UPDATE bill_payment SET total_minor = 0",
    "UPDATE bill_payment SET balance_minor = total_minor",  # and charged all the same
    "UPDATE bill_payment SET finished_at = now()",  # and in progress all the same
    "UPDATE billing_relationship SET main_id = member_id",
    "UPDATE billing_relationship SET state = 'ended'",  # nobody knows when
    "UPDATE unified_settlement SET state = 'completed'",
    "UPDATE unified_settlement SET deleted_at = now()",  # and not over
    "UPDATE unified_line SET listed_minor = 0",
)


@pytest.fixture
def under_way(world: World) -> World:
    """`a` pays its bill by hand, just now; the bill of `m` is on the list of a settlement that is not over."""
    world.open("a", "m", "main", credit_control=True, auto_write_off=False)
    card = {"method": "visa", "kind": "bank_card", "gateway": "sandbox", "method_token": "ok"}
    world.send("payment_method_added", "a", **card)
    for name in ("a", "m"):
        world.fee(name, "50")
    world.at("2026-11-02 04:00").tick()
    world.tie("main", "m")
    asked = {"payment": "p1", "cycle": "2026-10", "currency": "USD", "channel": "visa"}
    assert world.send("bill_payment_requested", "a", **asked).refused == 0
    listed = {"settlement": "u1", "accounts": ["m"], "cycles": ["2026-10"]}
    assert world.send("unified_settlement_created", "main", **listed).refused == 0
    return world


def refused_by(error: psycopg.Error) -> str | None:
    return error.diag.constraint_name


def test_an_account_has_one_payment_in_progress(under_way, shared_owner_url):
    with psycopg.connect(shared_owner_url) as connection:
        with pytest.raises(errors.UniqueViolation) as refused:
            connection.execute(PAYMENT, ("p2", "running", "running"))
        assert refused_by(refused.value) == "bill_payment_running"
        connection.rollback()
        with pytest.raises(errors.UniqueViolation) as refused:
            connection.execute(PAYMENT, ("p1", "failed", "failed"))
        assert refused_by(refused.value) == "bill_payment_account_id_external_id_key"
        connection.rollback()
        assert connection.execute(PAYMENT, ("p2", "failed", "failed")).rowcount == 1
        connection.rollback()


def test_a_bill_is_on_one_list_that_is_not_over(under_way, shared_owner_url):
    with psycopg.connect(shared_owner_url) as connection:
        connection.execute(SETTLEMENT)
        assert connection.execute(LINE, ("dropped",)).rowcount == 1, "one that has left a list is free"
        with pytest.raises(errors.UniqueViolation) as refused:
            connection.execute("UPDATE unified_line SET state = 'open' WHERE settlement_id = 900")
        assert refused_by(refused.value) == "unified_line_open"
        connection.rollback()
        connection.execute(SETTLEMENT)
        with pytest.raises(errors.UniqueViolation) as refused:
            connection.execute(LINE, ("open",))
        assert refused_by(refused.value) == "unified_line_open"
        connection.rollback()


def test_figures_that_cannot_be_are_refused_by_the_database(under_way, shared_owner_url):
    with psycopg.connect(shared_owner_url) as connection:
        for statement in NEVER:
            with pytest.raises(errors.CheckViolation), connection.transaction():
                connection.execute(statement)
        connection.rollback()

"""The daily comparison finds what went back and no webhook told of, both ways. Rule: R5.7d, R5.9a."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import psycopg
import pytest
from sqlalchemy import text

from settlement.model.gateway.charges import NotFound, TryLater, Unknown
from settlement.model.gateway.refund_calls import Refunded, RefundFailed
from settlement.model.gateway.unreadable import Unreadable
from settlement.operations.gateway.reconciliation import Reconciled, reconcile, reconcile_due
from settlement.operations.parked_accounts import release
from settlement.storage.work import reversals as work
from tests.support.fake_gateway import FakeGateway
from tests.support.parking import park
from tests.support.refunds import charged, refund
from tests.support.reversals import balanced, look, reversals
from tests.support.world import World

DAY, NEXT = date(2026, 10, 5), date(2026, 10, 6)
TAKEN = 100_000


class Bookkeeper(FakeGateway):
    """Lists what began in the time asked for, and nothing that is kept from its list."""

    def __init__(self) -> None:
        super().__init__()
        self.hidden: set[str] = set()
        self.unread: list[Unreadable] = []

    def reversals_between(self, since: datetime, until: datetime):
        for one in super().reversals_between(since, until):
            if one.gateway_ref not in self.hidden and since <= one.opened_at < until:
                yield one
        yield from self.unread

    def reversals_of(self, charge_ref: str):
        found = super().reversals_of(charge_ref)
        if isinstance(found, (Unknown, TryLater)):
            return found
        return [one for one in found if one.gateway_ref not in self.hidden]


@pytest.fixture
def gateway() -> Bookkeeper:
    return Bookkeeper()


@pytest.fixture
def paid(world: World, gateway: Bookkeeper) -> World:
    charged(world, gateway, "a")
    return world


def compare(world: World, gateway: FakeGateway, day: date = DAY) -> Reconciled:
    return reconcile(world.store, gateway, day=day, at=world.now, policy=world.policy)


def open_differences(world: World) -> list[tuple]:
    return world.rows(
        "SELECT kind, ours_minor, theirs_minor FROM reconciliation_difference WHERE closed_at IS NULL ORDER BY 1, 3"
    )


def of(gateway: FakeGateway) -> str:
    return next(iter(gateway.books))


def test_what_no_webhook_told_of_is_booked_and_no_difference(paid, gateway):
    gateway.refund_there(of(gateway), 40_000, at=paid.now)
    gateway.dispute(of(gateway), 60_000, at=paid.now)
    result = compare(paid, gateway)
    assert (result.reversals, result.reversals_booked, result.differences) == (2, 2, 0)
    assert sorted(reversals(paid)) == [
        ("dispute", "needs_response", 60_000, 0), ("refund", "succeeded", 40_000, 0)
    ]  # fmt: skip
    balanced(paid, gateway)
    again = compare(paid, gateway)
    assert (again.reversals, again.reversals_booked, again.differences) == (2, 0, 0)
    assert paid.one("SELECT reversals FROM reconciliation") == 2
    balanced(paid, gateway)


def test_the_end_of_a_dispute_is_found_long_after_the_day_on_which_it_was_opened(paid, gateway):
    dispute = gateway.dispute(of(gateway), TAKEN, at=paid.now)
    compare(paid, gateway)
    gateway.change(dispute.gateway_ref, state="won", funds="returned")
    paid.now += timedelta(days=60)
    result = compare(paid, gateway, paid.now.date() - timedelta(days=1))
    assert result.reversals_booked == 1
    assert reversals(paid) == [("dispute", "won", 0, 0)]
    balanced(paid, gateway)


def test_after_days_that_nobody_compared_what_is_open_is_read_once(paid, gateway, monkeypatch):
    dispute = gateway.dispute(of(gateway), TAKEN, at=paid.now)
    compare(paid, gateway)
    gateway.change(dispute.gateway_ref, state="won", funds="returned")
    paid.now += timedelta(days=8)
    read: list[str] = []
    reversals_of = gateway.reversals_of

    def noted(charge_ref: str):
        read.append(charge_ref)
        return reversals_of(charge_ref)

    monkeypatch.setattr(gateway, "reversals_of", noted)

    days = list(reconcile_due(paid.store, {gateway.name: gateway}, at=paid.now, policy=paid.policy))

    assert len(days) > 3
    assert len(read) == 1
    assert reversals(paid) == [("dispute", "won", 0, 0)]
    balanced(paid, gateway)


def test_on_a_parked_account_it_is_a_difference_until_it_is_booked(paid, gateway):
    gateway.refund_there(of(gateway), TAKEN, at=paid.now)
    park(paid, "a")
    assert compare(paid, gateway).differences == 1
    assert open_differences(paid) == [("reversal_missing_here", None, TAKEN)]
    assert paid.announced("reconciliation.") == ["reconciliation.difference"]
    assert paid.faults() == 1
    compare(paid, gateway)
    assert len(paid.announced("reconciliation.")) == 1
    release(paid.store, ["a"], at=paid.now)
    assert compare(paid, gateway).differences == 0
    assert open_differences(paid) == []
    balanced(paid, gateway)


def test_what_the_gateway_does_not_show_any_more_is_a_difference(paid, gateway):
    shown = gateway.refund_there(of(gateway), TAKEN, at=paid.now)
    look(paid, gateway)
    gateway.hidden.add(shown.gateway_ref)
    assert compare(paid, gateway).differences == 1
    assert open_differences(paid) == [("reversal_missing_there", TAKEN, None)]
    gateway.hidden.clear()
    assert compare(paid, gateway).differences == 0
    assert open_differences(paid) == []


def test_a_gateway_that_does_not_answer_about_a_charge_makes_no_difference_of_what_is_on_record(
    paid, gateway
):
    shown = gateway.refund_there(of(gateway), TAKEN, at=paid.now)
    look(paid, gateway)
    gateway.hidden.add(shown.gateway_ref)
    gateway.reversals_answer = Unknown("no answer")
    assert compare(paid, gateway).differences == 0


def test_what_cannot_be_read_is_a_difference_where_it_is_of_a_charge_of_ours_and_nothing_else(paid, gateway):
    charge = gateway.books[of(gateway)].gateway_ref

    def unread(its_id: str, charge_ref: str) -> Unreadable:
        return Unreadable(
            "refund", gateway.name, its_id, None, charge_ref, None, "BGN", "no minor unit is known"
        )

    gateway.unread = [unread("re-1", charge), unread("re-2", "g-of-others")]
    gateway.refund_there(of(gateway), 40_000, at=paid.now)
    result = compare(paid, gateway)
    assert (result.reversals_booked, result.differences) == (1, 1)
    assert open_differences(paid) == [("reversal_missing_here", None, None)]
    assert paid.rows("SELECT gateway_ref FROM reconciliation_difference") == [("re-1",)]
    gateway.unread = []
    shown = gateway.refund_there(of(gateway), 10_000, at=paid.now)
    gateway.reversals["re-1"] = gateway.reversals.pop(shown.gateway_ref)._replace(gateway_ref="re-1")
    assert compare(paid, gateway).differences == 0
    assert open_differences(paid) == []
    balanced(paid, gateway)


# ---------------------------------------------------------------------------------------------- refunds of ours
def test_a_refund_of_ours_that_cannot_be_read_is_a_difference_and_not_one_that_is_missing(paid, gateway):
    its_id = given_back(paid, gateway)
    gateway.hidden.add(its_id)
    charge = gateway.books[of(gateway)].gateway_ref
    gateway.unread = [Unreadable("refund", gateway.name, its_id, None, charge, None, "BGN", "odd")]
    compare(paid, gateway)
    assert open_differences(paid) == [("refund_differs", 1_000, None)]


def given_back(world: World, gateway: Bookkeeper) -> str:
    refund(world, "10.00")
    world.give_back(gateway)
    return str(world.one("SELECT gateway_ref FROM gateway_refund"))


def test_refunds_of_ours_that_both_have_are_no_difference(paid, gateway):
    given_back(paid, gateway)
    result = compare(paid, gateway)
    assert (result.reversals, result.differences) == (0, 0)
    balanced(paid, gateway)


def test_a_refund_of_ours_that_the_gateway_does_not_know(paid, gateway, monkeypatch):
    gateway.hidden.add(given_back(paid, gateway))
    assert compare(paid, gateway).differences == 0, (
        "its list may cut one off; asked by its id it has the last word"
    )
    monkeypatch.setattr(gateway, "read_refund", lambda gateway_ref: NotFound())
    assert compare(paid, gateway).differences == 1
    assert open_differences(paid) == [("refund_missing_there", 1_000, None)]
    gateway.hidden.clear()
    assert compare(paid, gateway).differences == 0
    assert open_differences(paid) == []


def test_a_refund_of_ours_that_became_cash_and_was_given_back_all_the_same(paid, gateway):
    refund(paid, "10.00")
    gateway.refund_answers = [RefundFailed("closed_account", "nobody there")]
    paid.give_back(gateway)
    reference = str(paid.one("SELECT CAST(reference AS text) FROM gateway_refund"))
    gateway.refunds[reference] = Refunded("r-late", 1_000)
    assert compare(paid, gateway).differences == 1
    assert open_differences(paid) == [("refund_missing_here", None, 1_000)]
    assert reversals(paid) == [], "it is a refund of ours"


def test_one_that_the_bank_sent_back_is_inquired_about_at_once(paid, gateway):
    ref = given_back(paid, gateway)
    gateway.end_refund(ref, RefundFailed("declined", "sent back"))
    assert compare(paid, gateway).differences == 0
    assert paid.give_back(gateway) == 1
    assert (paid.refunds("a"), paid.cash("a")) == ([(1, "failed", 1_000)], 1_000)
    balanced(paid, gateway)


@pytest.mark.parametrize(
    ("statement", "index"),
    [
        (work.BY_REF, "reversal_booked_once"),
        (work.OPENED, "gateway_reversal_opened"),
        (work.NOT_FINAL, "gateway_reversal_open"),
        (work.GIVEN_BACK, "gateway_refund_sent"),
    ],
)
def test_a_comparison_costs_its_day_and_not_all_there_ever_was(
    paid, gateway, shared_owner_url, statement, index
):
    with paid.store.transaction() as tx:
        tx.exec_driver_sql(
            """INSERT INTO gateway_reversal (account_id, reversal_no, gateway, gateway_ref, kind, attempt_no,
                   amount_minor, currency, state, funds, reason, opened_at, found_at, read_at, closed_at, taken_minor,
                   owed_minor, steps)
               SELECT account_id, n, 'sandbox', 'r' || n, 'refund', 1, 1, 'USD', 'failed', 'returned', '',
                      now() - n * interval '1 hour', now(), now(), now(), 0, 0, 2
               FROM charge_attempt, generate_series(1, 5000) AS n"""
        )
        tx.exec_driver_sql(
            """INSERT INTO gateway_refund (account_id, refund_no, inbox_id, attempt_no, gateway, charge_ref,
                   amount_minor, currency, state, created_at, sent_at, gateway_ref, finished_at)
               SELECT account_id, n, 1, 1, 'sandbox', 'g-1', 1, 'USD', 'succeeded', now(),
                      now() - n * interval '1 hour', 'x' || n, now()
               FROM charge_attempt, generate_series(1, 5000) AS n"""
        )
    with psycopg.connect(shared_owner_url, autocommit=True) as owner:
        owner.execute("ANALYZE gateway_reversal")
        owner.execute("ANALYZE gateway_refund")
    values = {"gateway": "sandbox", "refs": "{r1}", "since": paid.now, "until": paid.now + timedelta(days=1)}
    with paid.store.transaction() as tx:
        named = {key: value for key, value in values.items() if f":{key}" in str(statement)}
        plan = "\n".join(row[0] for row in tx.execute(text(f"EXPLAIN {statement}"), named))
    assert index in plan, plan

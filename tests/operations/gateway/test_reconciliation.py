"""Our books against the gateway's, both ways. Rule: R5.7, R11.5."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy import text

from settlement.errors import NotFound
from settlement.model.gateway.charges import Declined, GatewayCharge, Succeeded, Unknown
from settlement.model.gateway.reconciliation import Difference
from settlement.operations.gateway.dismissal import dismiss_difference
from settlement.operations.gateway.reconciliation import Reconciled, _record, reconcile, reconcile_due
from settlement.operations.parked_accounts import release
from settlement.storage.work import reconciliation
from tests.support.fake_gateway import FakeGateway
from tests.support.parking import park
from tests.support.world import World

DAY = date(2026, 10, 5)
NOON = datetime(2026, 10, 5, 4, tzinfo=UTC)


class Bookkeeper(FakeGateway):
    """Books that a test may falsify, each charge at the noon of the day."""

    def __init__(self) -> None:
        super().__init__()
        self.also: list[GatewayCharge] = []
        self.noon = NOON

    def charges_between(self, since: datetime, until: datetime):
        noon = self.noon
        if since <= noon < until:
            yield from super().charges_between(noon, until)
            yield from self.also


@pytest.fixture
def gateway() -> Bookkeeper:
    return Bookkeeper()


def charged(world: World, gateway: FakeGateway, *names: str) -> None:
    world.open(*names)
    for name in names:
        world.send(
            "payment_method_added", name, method="v", kind="bank_card", gateway="sandbox", method_token="ok"
        )
        world.fee(name, "1000")
    world.charge(gateway)


def compare(world: World, gateway: FakeGateway) -> Reconciled:
    return reconcile(world.store, gateway, day=DAY, at=world.now, policy=world.policy)


def open_differences(world: World) -> list[tuple]:
    return world.rows(
        "SELECT kind, ours_minor, theirs_minor FROM reconciliation_difference WHERE closed_at IS NULL ORDER BY 1, 3"
    )


def test_books_that_agree(world, gateway):
    charged(world, gateway, "a", "b")
    result = compare(world, gateway)
    assert (result.ours, result.theirs, result.differences) == (2, 2, 0)
    assert world.faults() == 0


def test_a_charge_that_the_gateway_lacks(world, gateway):
    charged(world, gateway, "a")
    kept = gateway.books.copy()
    gateway.books.clear()
    assert compare(world, gateway).differences == 1
    assert open_differences(world) == [("missing_there", 100_000, None)]
    assert world.announced("reconciliation.") == ["reconciliation.difference"]
    assert world.faults() == 1
    compare(world, gateway)
    assert len(world.announced("reconciliation.")) == 1
    gateway.books.update(kept)
    assert compare(world, gateway).differences == 0
    assert open_differences(world) == []
    assert world.faults() == 0


def test_a_charge_that_is_not_known_here_and_one_taken_twice(world, gateway):
    charged(world, gateway, "a")
    ((reference, taken),) = gateway.books.items()
    gateway.also = [
        GatewayCharge("g-9", "00000000-0000-0000-0000-000000000009", 500, "USD", world.now),
        GatewayCharge("g-8", reference, taken.amount_minor, "USD", world.now),
        GatewayCharge("g-7", None, 77, "USD", world.now),
    ]
    result = compare(world, gateway)
    assert (result.foreign, result.differences) == (1, 2)
    assert open_differences(world) == [("missing_here", None, 500), ("charged_twice", 100_000, 100_000)]


def test_a_difference_that_comes_back_is_as_old_as_its_return(world, gateway):
    charged(world, gateway, "a")
    ours = dict(gateway.books)
    for day, books in (("06", {}), ("07", ours), ("20", {})):
        gateway.books = books
        compare(world.at(f"2026-10-{day} 00:00"), gateway)
    found = world.rows("SELECT found_at, closed_at FROM reconciliation_difference")
    assert found == [(world.at("2026-10-20 00:00").now, None)]


def test_a_difference_that_a_person_dismissed_is_found_again_only_with_another_amount(world, gateway):
    """Rule: R5.7f."""
    charged(world, gateway, "a")
    ((reference, taken),) = gateway.books.items()
    twice = GatewayCharge("g-8", reference, taken.amount_minor, "USD", world.now)
    gateway.also = [twice]
    compare(world, gateway)
    with pytest.raises(NotFound, match="g-9"):
        dismiss_difference(
            world.store, reference, gateway_ref="g-9", at=world.now, by="ana", because="given back there"
        )
    assert world.faults() == 1

    dismissed = dismiss_difference(world.store, reference, at=world.now, by="ana", because="given back there")

    assert dismissed == 1
    assert world.faults() == 0
    compare(world, gateway)
    assert open_differences(world) == []
    assert world.announced("reconciliation.") == ["reconciliation.difference"]
    gateway.also = [twice._replace(amount_minor=1)]
    compare(world, gateway)
    assert open_differences(world) == [("charged_twice", 100_000, 1)]
    assert world.rows("SELECT dismissed_by, dismissed_because FROM reconciliation_difference") == [
        (None, None)
    ]
    assert len(world.announced("reconciliation.")) == 2


def test_a_charge_that_is_listed_twice_is_one_charge(world, gateway):
    """As by a gateway that lists by pages, while something new moves the rest on to the next."""
    charged(world, gateway, "a")
    ((reference, taken),) = gateway.books.items()
    again = GatewayCharge(taken.gateway_ref, reference, taken.amount_minor, "USD", world.now)
    gateway.also = [again, again]
    assert compare(world, gateway).differences == 0
    other = again._replace(gateway_ref="g-8")
    gateway.also = [again, other, other]
    assert compare(world, gateway).differences == 1
    assert open_differences(world) == [("charged_twice", 100_000, 100_000)]


def test_a_difference_shows_the_amounts_of_the_last_comparison(world, gateway):
    charged(world, gateway, "a")
    ((reference, taken),) = gateway.books.items()
    for minor in (99_999, 5, 100_000, 7):
        gateway.books[reference] = Succeeded(taken.gateway_ref, minor)
        compare(world, gateway)
        assert open_differences(world) == ([] if minor == 100_000 else [("amount_differs", 100_000, minor)])
    # Two: it was none in between.
    assert len(world.announced("reconciliation.")) == 2


def test_two_comparisons_at_once_announce_a_difference_once(world, gateway):
    charged(world, gateway, "a")
    gateway.books.clear()
    our = world.rows("SELECT CAST(reference AS text), account_id FROM charge_attempt")[0]
    found = Difference("missing_there", our[0], "", our[1], "USD", 100_000, None)
    with ThreadPoolExecutor(1) as pool:
        with world.store.transaction() as tx:
            _record(tx, gateway.name, [found], [our[0]], world.now)
            other = pool.submit(compare, world, gateway)
            while not world.one("SELECT count(*) FROM pg_locks WHERE NOT granted"):
                assert not other.done()
                time.sleep(0.01)
        assert other.result(10).differences == 1
    assert len(world.announced("reconciliation.")) == 1


def test_an_amount_that_differs(world, gateway):
    charged(world, gateway, "a")
    ((reference, taken),) = gateway.books.items()
    gateway.books[reference] = Succeeded(taken.gateway_ref, 99_999)
    compare(world, gateway)
    assert open_differences(world) == [("amount_differs", 100_000, 99_999)]


@pytest.mark.parametrize("answer", [Unknown("lost"), Declined("insufficient_funds", "no", final=False)])
def test_money_that_was_taken_after_all_is_booked_and_no_difference(world, gateway, answer):
    gateway.answers = [answer]
    charged(world, gateway, "a")
    reference = world.one("SELECT CAST(reference AS text) FROM charge_attempt")
    gateway.books[reference] = Succeeded("g-1", 100_000)
    result = compare(world, gateway)
    assert (result.booked, result.differences) == (1, 0)
    assert world.attempts("a") == [("threshold", "succeeded", 100_000)]
    assert world.faults() == 0


def test_every_day_is_compared_once_when_it_is_long_enough_over(world, gateway):
    charged(world, gateway, "a")
    gateways = {"sandbox": gateway}

    def due(at: str) -> list[date]:
        world.at(at)
        done = reconcile_due(world.store, gateways, at=world.now, policy=world.policy)
        return [result.day for result in done]

    assert due("2026-10-05 20:00") == []
    assert due("2026-10-05 22:11") == [DAY]
    assert due("2026-10-05 23:00") == []
    assert due("2026-10-08 23:00") == [date(2026, 10, 6), date(2026, 10, 7), date(2026, 10, 8)]


def test_what_is_settled_meanwhile_is_closed_by_the_next_daily_comparison(world, gateway):
    """It looks at the days of open differences anew, and no more often than that."""
    charged(world, gateway, "a")

    def due(at: str) -> list[date]:
        done = reconcile_due(world.store, {"sandbox": gateway}, at=world.at(at).now, policy=world.policy)
        return [one.day for one in done]

    kept = dict(gateway.books)
    gateway.books.clear()
    assert due("2026-10-05 23:00") == [DAY]
    assert due("2026-10-06 23:00") == [date(2026, 10, 6), DAY]
    assert due("2026-10-06 23:30") == []
    assert open_differences(world) == [("missing_there", 100_000, None)]
    gateway.books.update(kept)
    assert due("2026-10-07 23:00") == [date(2026, 10, 7), DAY]
    assert open_differences(world) == []
    assert due("2026-10-08 23:00") == [date(2026, 10, 8)]


def test_an_amount_that_differs_is_found_whichever_day_lists_the_charge(world, gateway):
    """A customer may have agreed to it days after it was sent."""
    charged(world, gateway, "a")
    ((reference, taken),) = gateway.books.items()
    gateway.books[reference] = Succeeded(taken.gateway_ref, 99_999)
    compare(world, gateway)
    gateway.noon = world.at("2026-10-09 00:00").now
    compare(world, gateway)
    assert open_differences(world) == [("amount_differs", 100_000, 99_999)]


# --------------------------------------------------------------------------------------------- whose charge it is
@pytest.mark.parametrize("reference", ["INV-2026-0001", "", "12345678-1234-1234-1234-1234567890", "not ours"])
def test_a_payment_that_carries_a_name_of_somebody_else_is_none_of_ours(world, gateway, reference):
    charged(world, gateway, "a")
    gateway.also = [GatewayCharge("g-9", reference, 500, "USD", world.now)]
    result = compare(world, gateway)
    assert (result.theirs, result.foreign, result.differences) == (2, 1, 0)
    assert world.faults() == 0


def test_a_reference_is_ours_however_the_gateway_writes_it(world, gateway):
    charged(world, gateway, "a")
    ((reference, taken),) = gateway.books.items()
    gateway.books = {reference.upper(): taken}
    assert (compare(world, gateway).foreign, open_differences(world)) == (0, [])


# --------------------------------------------------------------------------------------------- money nobody can book
def taken_after_all(world: World, gateway: FakeGateway, *names: str) -> None:
    """Declined as far as we know, and in the gateway's books."""
    gateway.answers = [Declined("insufficient_funds", "no", final=False) for _ in names]
    charged(world, gateway, *names)
    for number, (reference,) in enumerate(world.rows("SELECT CAST(reference AS text) FROM charge_attempt")):
        gateway.books[reference] = Succeeded(f"g-{number}", 100_000)


def test_money_taken_on_a_parked_account_is_a_difference_until_it_is_booked(world, gateway):
    taken_after_all(world, gateway, "a", "b")
    park(world, "a")
    result = compare(world, gateway)
    assert (result.booked, result.differences) == (1, 1)
    assert open_differences(world) == [("missing_here", None, 100_000)]
    assert (
        world.one("SELECT payload ->> 'account' FROM outbox WHERE topic = 'reconciliation.difference'") == "a"
    )
    assert world.faults() == 1
    release(world.store, ["a"], at=world.now)
    result = compare(world, gateway)
    assert (result.booked, result.differences) == (1, 0)
    assert world.attempts("a") == [("threshold", "succeeded", 100_000)]
    assert world.faults() == 0


def test_a_charge_in_another_currency_is_not_booked_and_a_difference(world, gateway):
    taken_after_all(world, gateway, "a")
    reference, taken = gateway.books.popitem()
    gateway.also = [GatewayCharge(taken.gateway_ref, reference, 100_000, "EUR", world.now)]
    result = compare(world, gateway)
    assert (result.booked, result.differences) == (0, 1)


def test_what_is_still_asked_about_is_no_difference_yet(world, gateway):
    gateway.answers = [Unknown("lost")]
    charged(world, gateway, "a")
    gateway.books[world.one("SELECT CAST(reference AS text) FROM charge_attempt")] = Succeeded("g-1", 100_000)
    park(world, "a")
    result = compare(world, gateway)
    assert (result.booked, result.differences) == (0, 0)


# --------------------------------------------------------------------------------------------- cost, and days left out
@pytest.mark.parametrize(
    ("statement", "values", "index"),
    [
        (reconciliation.BY_REFERENCE, {"references": [str(uuid4())]}, "charge_attempt_reference_key"),
        (reconciliation.SUCCEEDED, {"since": NOON, "until": NOON}, "charge_sent"),
        (reconciliation.FIRST_SENT, {}, "charge_sent"),
    ],
)
def test_a_comparison_costs_its_day_and_not_all_charges_there_are(
    world, gateway, shared_owner_url, statement, values, index
):
    charged(world, gateway, "a")
    with world.store.transaction() as tx:
        tx.exec_driver_sql(
            """INSERT INTO charge_attempt (account_id, attempt_no, reason, cycle, method_id, gateway, customer_token,
                   method_token, amount_minor, currency, state, created_at, sent_at, charged_minor, finished_at)
               SELECT account_id, n, 'threshold', cycle, method_id, 'stripe', '', 'ok', 1, 'USD', 'succeeded',
                      created_at, created_at - n * interval '1 hour', 1, created_at
               FROM charge_attempt, generate_series(2, 5000) AS n"""
        )
    with psycopg.connect(shared_owner_url, autocommit=True) as owner:
        owner.execute("ANALYZE charge_attempt")
    with world.store.transaction() as tx:
        tx.exec_driver_sql("SET LOCAL enable_seqscan = off")
        asked = {"gateway": "stripe", **values}
        plan = "\n".join(tx.scalars(text(f"EXPLAIN {statement.text}"), asked))
    assert index in plan
    assert "Seq Scan" not in plan


def test_days_that_nobody_compared_for_a_month_are_listed_as_left_out(world, gateway):
    charged(world, gateway, "a")
    world.at("2026-11-30 23:00")
    done = list(reconcile_due(world.store, {"sandbox": gateway}, at=world.now, policy=world.policy))
    assert [result.day for result in done][::30] == [date(2026, 10, 31), date(2026, 11, 30)]
    left_out = world.rows(
        "SELECT state, logical_at, reason FROM schedule_slot WHERE job = 'reconcile:sandbox' ORDER BY logical_at"
    )
    assert len(left_out) == 26
    assert left_out[0][:2] == ("skipped", datetime(2026, 10, 4, 16, tzinfo=UTC))
    assert "31 days" in left_out[0][2]
    list(reconcile_due(world.store, {"sandbox": gateway}, at=world.now, policy=world.policy))
    assert world.one("SELECT count(*) FROM schedule_slot WHERE job = 'reconcile:sandbox'") == 26

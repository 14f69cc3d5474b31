"""What came in time stays in time, and money pays no earlier than it came. Rule: R2.3, R3.6."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from settlement.operations.reports.audit import audit
from tests.support.builders import utc
from tests.support.collection import with_card
from tests.support.fake_gateway import FakeGateway
from tests.support.world import World

DEC, JAN, FEB, APR, MAY = 202612, 202701, 202702, 202704, 202705


def fee_event(world: World, account: str, amount: str, incurred_at: str):
    """A fee on its way into the inbox."""
    plain = {"id": f"f{next(world.numbers)}", "amount": amount, "currency": "USD", "product": "ECS"}
    return world.message("fees", account, fees=[plain | {"incurred_at": incurred_at}])


def top_up_event(world: World, account: str, amount: str):
    """Money on its way into the inbox."""
    return world.message("top_up", account, amount=amount, currency="USD")


@pytest.fixture
def outage(world: World) -> World:
    """Workers that end on 20 December: a bill of 10.00 accrues, and events go on coming in."""
    world.at("2026-12-10 00:00").open("a", "b")
    world.fee("a", "10", "2026-12-09T00:00:00Z")
    world.tick()
    world.at("2026-12-20 00:00").receive(fee_event(world, "a", "5", "2026-12-20T00:00:00Z"))
    world.at("2027-01-15 00:00").receive(fee_event(world, "a", "20", "2027-01-14T00:00:00Z"))
    world.at("2027-02-10 00:00").receive(fee_event(world, "a", "30", "2027-02-09T00:00:00Z"))
    return world


def payable(world: World, account: str) -> dict[int, int | None]:
    return {cycle: minor for cycle, (_, minor, _) in world.bills(account).items()}


def test_a_fee_that_reached_the_inbox_in_time_is_on_the_bill_of_its_month(outage):
    outage.at("2027-03-10 00:00").tick()
    assert payable(outage, "a") == {DEC: 1500, JAN: 2000, FEB: 3000}
    assert outage.rows("SELECT DISTINCT late FROM fee") == [(False,)]
    assert [row[0] for row in outage.rows("SELECT issued_at FROM bill ORDER BY cycle")] == [
        utc("2027-01-02 04:00"), utc("2027-02-02 04:00"), utc("2027-03-02 04:00"),
    ]  # fmt: skip
    assert outage.faults() == 0


def test_money_of_the_outage_pays_what_was_issued_when_it_came(outage):
    outage.at("2027-02-20 00:00").receive(top_up_event(outage, "a", "40.00"))
    outage.at("2027-03-10 00:00").tick()
    assert outage.payments("a") == [
        (DEC, "cash", 1500, utc("2027-02-20 00:00")),
        (JAN, "cash", 2000, utc("2027-02-20 00:00")),
        (FEB, "cash", 500, utc("2027-03-02 04:00")),
    ]
    assert outage.faults() == 0


def test_a_fee_after_the_instant_of_issuance_is_late_all_the_same(outage):
    outage.at("2027-01-02 04:00").receive(fee_event(outage, "a", "7", "2026-12-31T00:00:00Z"))
    outage.at("2027-03-10 00:00").tick()
    assert payable(outage, "a") == {DEC: 1500, JAN: 2700, FEB: 3000}


def test_the_backlog_at_noon_is_worked_off_before_its_bills_are_issued(world):
    """A close that starts while events of before still wait leaves their accounts until those are booked."""
    world.at("2026-12-10 00:00").open("a", "b")
    world.fee("a", "10", "2026-12-09T00:00:00Z")
    world.fee("b", "10", "2026-12-09T00:00:00Z")
    world.at("2027-01-02 03:59:59").receive(fee_event(world, "a", "5", "2026-12-31T00:00:00Z"))
    world.at("2027-01-02 04:00").close("2026-12")
    assert world.bills("a") == {DEC: ("accruing", None, 0)}
    assert world.bills("b")[DEC][:2] == ("unsettled", 1000)
    world.at("2027-01-02 04:01").drain()
    world.tick()
    assert payable(world, "a") == {DEC: 1500}
    assert world.rows("SELECT DISTINCT issued_at FROM bill") == [(utc("2027-01-02 04:00"),)]
    assert world.faults() == 0


def test_a_payment_is_dated_when_its_money_was_there(world):
    """The bill of April is issued for 2 May, weeks late; the money came on 10 June."""
    world.at("2027-04-20 00:00").open("a", credit_control=True, credit_limit="1000.00")
    world.send("payment_term_agreed", "a", from_cycle="2027-01", period_days=10)
    world.fee("a", "40", "2027-04-19T00:00:00Z")
    world.tick()
    world.at("2027-06-10 00:00").receive(top_up_event(world, "a", "40.00"))
    world.tick()
    assert world.payments("a") == [(APR, "cash", 4000, utc("2027-06-10 00:00"))]
    assert world.rows("SELECT issued_at, settled_at FROM bill") == [
        (utc("2027-05-02 04:00"), utc("2027-06-10 00:00"))
    ]
    assert world.rows("SELECT overdue_at FROM bill") == [(utc("2027-05-12 16:00"),)], (
        "unpaid past its due date"
    )
    assert world.announced("bill.overdue")[:1] == ["bill.overdue"]
    assert world.announced("account.overdue_ended") == ["account.overdue_ended"]
    assert world.faults() == 0


def test_money_that_was_there_pays_at_the_instant_of_issuance(world):
    world.at("2027-04-20 00:00").open("a", opening_cash="40.00")
    world.fee("a", "40", "2027-04-19T00:00:00Z")
    world.tick()
    world.at("2027-06-10 00:00").receive(top_up_event(world, "a", "1.00"))
    world.tick()
    assert world.payments("a") == [(APR, "cash", 4000, utc("2027-05-02 04:00"))]


def test_money_that_comes_while_a_close_runs_pays_when_it_came(world):
    """Without any outage: the close of noon reaches the account after a top-up of one minute past."""
    world.at("2026-12-10 00:00").open("a")
    world.fee("a", "10", "2026-12-09T00:00:00Z")
    world.at("2027-01-02 04:01")
    world.top_up("a", "10.00")
    world.close("2026-12")
    assert world.payments("a") == [(DEC, "cash", 1000, utc("2027-01-02 04:01"))]
    assert world.rows("SELECT issued_at, settled_at FROM bill") == [
        (utc("2027-01-02 04:00"), utc("2027-01-02 04:01"))
    ]
    assert world.faults() == 0


@pytest.mark.parametrize("fund", ["card", "refund"])
def test_a_fund_pays_no_earlier_than_it_was_granted(world, fund):
    world.at("2026-12-10 00:00").open("a", credit_limit="100.00")
    world.fee("a", "10", "2026-12-09T00:00:00Z")
    world.at("2027-01-02 04:01")
    if fund == "card":
        world.send(
            "card_activated", "a", card="c", amount="10.00", currency="USD",
            valid_from="2026-12-01T00:00:00Z", valid_until="2027-12-01T00:00:00Z",
        )  # fmt: skip
    else:
        world.send("refund", "a", amount="10.00", currency="USD", to="credit", cycle="2026-12")
    world.close("2026-12")
    assert world.payments("a")[0][3] == utc("2027-01-02 04:01")


def test_a_balance_below_zero_in_order_of_dates_is_a_violation(world):
    """The audit reads the ledger as a statement does: by the dates of its entries."""
    world.at("2027-01-05 00:00").open("a")
    world.top_up("a", "10.00")
    world.fee("a", "10", "2027-01-04T00:00:00Z")
    world.at("2027-02-02 04:00").tick()
    assert world.faults() == 0
    with world.store.transaction() as tx:
        tx.execute(
            text("""
            INSERT INTO ledger_transfer (account_id, debit, credit, amount_minor, currency, cause, posted_at)
            SELECT id, CAST(debit AS ledger_kind), CAST(credit AS ledger_kind), 100, 'USD', 'x',
                   CAST(day AS timestamptz)
            FROM account, (VALUES ('cash', 'bank_clearing', '2027-01-04 00:00Z'),
                                  ('bank_clearing', 'cash', '2027-02-03 00:00Z')) AS v (debit, credit, day)""")
        )
    found = {
        check.name
        for check in audit(world.store, at=world.now, policy=world.policy).checks
        if check.violations
    }
    assert "balance_below_zero" in found


def steps(world: World):
    """What happens during the outage, and when."""
    yield "2026-12-20 00:00", [fee_event(world, "a", "5", "2026-12-20T00:00:00Z")]
    yield "2027-01-02 04:00", []
    yield "2027-01-10 00:00", [top_up_event(world, "a", "8.00")]
    yield "2027-01-15 00:00", [fee_event(world, "a", "20", "2027-01-14T00:00:00Z")]
    yield "2027-02-02 04:00", []
    yield (
        "2027-02-10 00:00",
        [fee_event(world, "a", "30", "2027-02-09T00:00:00Z"), top_up_event(world, "a", "50.00")],
    )
    yield "2027-03-02 04:00", []


def test_after_an_outage_everything_is_as_if_nobody_had_slept(postgres):
    """The same events at the same instants, with ticks in between and without, come to the same bills and payments."""
    seen = []
    for awake in (True, False):
        with postgres.database() as name:
            world = World(postgres.worker_url(name))
            world.at("2026-12-10 00:00").open("a")
            world.fee("a", "10", "2026-12-09T00:00:00Z")
            world.tick()
            for instant, events in steps(world):
                world.at(instant).receive(*events)
                if awake:
                    world.tick()
            world.at("2027-03-10 00:00").tick()
            slots = sorted(world.rows("SELECT job, logical_at, state FROM schedule_slot"))
            seen.append((world.bills("a"), world.payments("a"), slots))
            world.store.close()
    assert seen[0] == seen[1]


# ------------------------------------------------------------------------------------------ what belongs to no instant
def test_a_settlement_has_the_money_that_came_for_it_before_bills_that_were_issued_later(world):
    """A top-up of 5 December completes it, though nobody looked before the bill of December was owed too."""
    world.at("2026-11-20 00:00").open("main", "member")
    world.tie("main", "member")
    world.fee("member", "50", "2026-11-10T00:00:00Z")
    world.at("2026-12-02 04:00").tick()
    world.send("unified_settlement_created", "main", settlement="s", accounts=["member"], cycles=["2026-11"])
    world.send("unified_settlement_run", "main", settlement="s")
    world.fee("main", "50", "2026-12-02T00:00:00Z")
    world.at("2026-12-05 00:00").receive(top_up_event(world, "main", "150.00"))
    world.at("2027-01-10 00:00").tick()
    assert world.payments("member") == [
        (202611, "main_account", 5000, utc("2026-12-05 15:59:59.999999")),
    ]
    assert world.payments("main") == [(DEC, "cash", 5000, utc("2027-01-02 04:00"))]
    assert world.faults() == 0


def test_a_payment_whose_time_was_over_keeps_no_later_bill_from_being_paid(world):
    """Its half hour ended on 20 December; nobody looked before the bill of December was issued, and due."""
    gateway = FakeGateway()
    with_card(world.at("2026-11-20 00:00"), "a", credit_control=True, credit_limit="1000.00")
    world.send("payment_term_agreed", "a", from_cycle="2026-01", period_days=10)
    world.fee("a", "50", "2026-11-10T00:00:00Z")
    world.at("2026-12-02 04:00").tick()
    world.at("2026-12-20 00:00")
    world.send("bill_payment_requested", "a", payment="p", cycle="2026-11", currency="USD", channel="visa")
    world.fee("a", "5", "2026-12-19T00:00:00Z")
    world.receive(top_up_event(world, "a", "60.00"))
    world.at("2027-02-10 00:00").tick()
    assert [(cycle, at) for cycle, _, _, at in world.payments("a")] == [
        (202611, utc("2026-12-20 15:59:59.999999")), (DEC, utc("2027-01-02 04:00")),
    ]  # fmt: skip
    assert world.rows("SELECT cycle FROM bill WHERE overdue_at IS NOT NULL") == [(202611,)], (
        "due on 12 December"
    )
    assert world.charge(gateway) == 0
    assert world.faults() == 0

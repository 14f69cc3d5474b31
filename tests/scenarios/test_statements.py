"""Statements add up, month after month, whatever happened, and agree with ledger and records. Rule: R10.3."""

from __future__ import annotations

import itertools
import random
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import text

from settlement.errors import Broken, NotFound, Refused
from settlement.gateways.sandbox import SandboxGateway
from settlement.model.cycle import Cycle, cycle_of, next_cycle
from settlement.model.funds import FundSource
from settlement.model.statements import BALANCE_KINDS, RollForward
from settlement.operations.reports.statement_figures import Statement
from settlement.operations.reports.statements import Batch, read_statement, read_statements
from settlement.rules.calendar import cycle_bounds
from tests.support.builders import utc
from tests.support.world import World, statements

OCT, NOV, DEC, JAN = Cycle(202610), Cycle(202611), Cycle(202612), Cycle(202701)
USD = {"currency": "USD"}
YEAR = {"valid_from": "2026-10-01T00:00:00Z", "valid_until": "2027-10-01T00:00:00Z"}
CARD = {"kind": "bank_card", "gateway": "sandbox", "method_token": "ok_1"}

SOURCES: tuple[FundSource, ...] = ("coupon", "card", "refund", "cash", "external", "main_account")


def statement(world: World, account: str, cycle: Cycle) -> Statement:
    return read_statement(world.store, account, cycle, at=world.now, policy=world.policy)


def figures(roll: RollForward) -> dict[str, int]:
    return {"opening": roll.opening_minor, **dict(roll.movements), "closing": roll.closing_minor}


def add_up(world: World, account: str) -> list[Statement]:
    """Every month of an account, held against the whole ledger added up from its beginning, and against the records."""
    cycles = [OCT]
    while cycles[-1] < cycle_of(world.now, world.policy.zone):
        cycles.append(next_cycle(cycles[-1]))
    found = [statement(world, account, cycle) for cycle in cycles]
    for told in found:
        start, end = cycle_bounds(told.cycle, world.policy.zone)
        for fund in BALANCE_KINDS:
            roll = told.balances[fund]
            assert (roll.opening_minor, roll.closing_minor) == (
                in_ledger(world, account, fund, start), in_ledger(world, account, fund, end),
            ), (account, told.cycle, fund)  # fmt: skip
            assert roll.opening_minor >= 0
            assert 0 not in dict(roll.movements).values()
        assert told.balances["receivable"].closing_minor == owed_by_records(world, account, end)
        assert (
            sum(bill.roll.closing_minor for bill in told.bills) == told.balances["receivable"].closing_minor
        )
        for fund in ("card", "coupon", "refund", "cash"):
            paid = told.balances["receivable"].moved(f"paid_by_{fund}" + "s" * (fund != "cash"))
            assert (
                paid
                == told.balances[fund].moved("paid_bills")
                == -paid_in_records(world, account, fund, start, end)
            )
        for fund in ("card", "coupon", "refund"):
            own = [named.roll for named in told.named if named.fund == fund]
            assert sum(roll.opening_minor for roll in own) == told.balances[fund].opening_minor
            assert sum(roll.closing_minor for roll in own) == told.balances[fund].closing_minor
        if told.bill is not None and told.outstanding_minor is not None:
            paid = sum(told.paid_minor(source) for source in SOURCES)
            assert told.bill.payable_minor == paid + told.outstanding_minor
    for before, after in itertools.pairwise(found):
        for fund in BALANCE_KINDS:
            assert before.balances[fund].closing_minor == after.balances[fund].opening_minor
    assert found[0].balances["cash"].opening_minor == 0
    assert found[-1].balances["cash"].closing_minor == world.cash(account)
    return found


def in_ledger(world: World, account: str, fund: str, before: Any) -> int:
    sign = -1 if fund == "receivable" else 1
    return sign * int(
        world.one(
            """SELECT coalesce(sum(amount_minor) FILTER (WHERE credit = CAST(:fund AS ledger_kind)), 0)
                    - coalesce(sum(amount_minor) FILTER (WHERE debit = CAST(:fund AS ledger_kind)), 0)
               FROM ledger_transfer JOIN account a ON a.id = account_id
               WHERE external_id = :account AND posted_at < :before""",
            account=account, fund=fund, before=before,
        )
    )  # fmt: skip


def owed_by_records(world: World, account: str, before: Any) -> int:
    return int(
        world.one(
            """SELECT coalesce((SELECT sum(payable_minor) FROM bill WHERE account_id = a.id AND issued_at < :before), 0)
                    - coalesce((SELECT sum(amount_minor) FROM repayment
                                WHERE account_id = a.id AND paid_at < :before), 0)
               FROM account a WHERE external_id = :account""",
            account=account, before=before,
        )
    )  # fmt: skip


def paid_in_records(world: World, account: str, source: str, start: Any, end: Any) -> int:
    return int(
        world.one(
            """SELECT coalesce(sum(l.amount_minor), 0)
               FROM repayment_line l JOIN repayment r USING (account_id, cycle, cause)
               JOIN account a ON a.id = l.account_id
               WHERE external_id = :account AND source = CAST(:source AS fund_source)
                 AND paid_at >= :start AND paid_at < :end""",
            account=account, source=source, start=start, end=end,
        )
    )  # fmt: skip


# ----------------------------------------------------------------------------------------------- one long story
def long_story(world: World) -> None:
    """From October to January: every kind of money, in and out."""
    world.open("main", opening_cash="500.00", credit_control=True, credit_limit="1000")
    world.open("shop", "other")
    world.tie("main", "other")
    world.send("payment_term_agreed", "main", from_cycle="2026-01", period_days=10)
    world.send("payment_method_added", "shop", method="visa", **CARD)
    world.send("coupon_granted", "main", coupon="often", kind="amount_off", amount="30.00", **USD, **YEAR)
    world.send("coupon_granted", "main", coupon="once", kind="single_use", amount="9.00", **USD,
               **(YEAR | {"valid_until": "2026-12-01T00:00:00Z"}))  # fmt: skip
    world.send("card_activated", "main", card="gift", amount="50.00", **USD,
               **(YEAR | {"valid_until": "2026-10-31T16:00:00Z"}))  # fmt: skip
    world.send("transfer", "other", from_account="main", amount="100.00", **USD)
    world.top_up("main", "20.00")
    world.fee("main", "25.5049")
    world.fee("main", "-3.25", product="OSS")
    world.fee("other", "-7.77")
    world.fee("shop", "1200")
    world.charge(SandboxGateway())
    world.at("2026-10-30 00:00").fee("shop", "-250")
    world.at("2026-11-02 04:00").tick()
    world.at("2026-11-05 00:00").fee("main", "4.00")  # late
    world.send("refund", "main", amount="12.00", cycle="2026-11", **USD)
    world.send("refund", "main", amount="8.00", to="cash", **USD)
    world.fee("main", "900", incurred_at="2026-11-06T00:00:00Z")
    world.send("card_activated", "main", card="year", amount="6.00", products=["RDS"], **USD, **YEAR)
    world.fee("main", "5", incurred_at="2026-11-06T00:00:00Z", product="RDS")
    world.fee("shop", "20", incurred_at="2026-11-06T00:00:00Z")
    world.at("2026-11-21 00:00").tick()
    world.at("2026-12-02 04:00").tick()
    world.charge(SandboxGateway())
    world.at("2026-12-20 00:00").tick()
    world.top_up("main", "100.00")
    world.at("2027-01-05 00:00").tick()


def test_a_long_story_adds_up_in_every_month(world):
    long_story(world)
    assert world.refused() == []
    assert world.faults() == 0
    months = {name: add_up(world, name) for name in ("main", "shop", "other")}
    october, november, december, _ = months["main"]
    assert figures(october.balances["cash"]) == {
        "opening": 0, "brought_along": 50_000, "topped_up": 2_000, "transferred_out": -10_000, "closing": 42_000,
    }  # fmt: skip
    assert october.fees == (("ECS", Decimal("25.5049")), ("OSS", Decimal("-3.25")))
    assert (october.paid_minor("coupon"), october.paid_minor("card"), october.outstanding_minor) == (
        2_225,
        0,
        0,
    )
    assert [payment.name for payment in october.payments] == ["once", "often"]
    # October's bill is issued in November, and that is where the movements stand.
    assert october.balances["receivable"].is_empty
    assert november.balances["receivable"].movements == (("issued", 2_225), ("paid_by_coupons", -2_225))
    # The first card overlaps October last: it lapses once October's bill has been written off, in November.
    assert figures(november.balances["card"]) == {
        "opening": 5_000, "activated": 600, "expired": -5_000, "closing": 600,
    }  # fmt: skip
    assert figures(december.balances["card"]) == {"opening": 600, "paid_bills": -500, "closing": 100}
    assert figures(december.balances["refund"]) == {"opening": 1_200, "paid_bills": -1_200, "closing": 0}
    assert [(one.fund, one.name, one.roll.closing_minor) for one in november.named] == [
        ("card", "gift", 0),
        ("card", "year", 600),
        ("coupon", "often", 1_675),
        ("coupon", "once", 0),
        ("refund", "2026-11", 1_200),
    ]
    assert figures(december.balances["cash"]) == {
        "opening": 42_800, "topped_up": 10_000, "paid_bills": -52_800, "closing": 0,
    }  # fmt: skip
    assert [(bill.cycle, bill.roll.opening_minor, bill.roll.closing_minor) for bill in december.bills] == [
        (NOV, 0, 90_900 - 1_675 - 500 - 1_200 - 52_800)
    ]
    assert str(december.bills[0].due_on) == "2026-12-12"
    shop = months["shop"]
    assert figures(shop[0].balances["collected"]) == {"opening": 0, "charged": 120_000, "closing": 120_000}
    assert figures(shop[1].balances["collected"]) == {
        "opening": 120_000, "paid_bills": -95_000, "became_cash": -25_000, "closing": 0,
    }  # fmt: skip
    assert figures(shop[1].balances["cash"]) == {"opening": 0, "left_of_charges": 25_000, "closing": 25_000}
    other = months["other"]
    assert other[0].bill is not None
    assert other[0].bill.payable_minor == 0
    assert other[0].bill.carried_out == Decimal("-7.77")


# ----------------------------------------------------------------------------------------------- any story
def random_step(world: World, dice: random.Random, name: str) -> None:
    """Something happens to an account; what a rule refuses is part of the story."""
    amount = f"{dice.randint(1, 30_000) // 100}.{dice.randint(0, 99):02d}"
    other = dice.choice([one for one in ("a", "b", "c") if one != name])
    day = world.now.strftime("%Y-%m-%dT%H:%M:%SZ")
    ends = dice.choice(["2026-11-15T00:00:00Z", "2026-12-02T04:00:00Z", "2028-01-01T00:00:00Z"])
    valid = {"valid_from": "2026-10-01T00:00:00Z", "valid_until": ends}
    match dice.randrange(9):
        case 0:
            world.top_up(name, amount)
        case 1:
            world.send("transfer", name, from_account=other, amount=amount, **USD)
        case 2:
            to = dice.choice(["cash", "credit"])
            world.send("refund", name, amount=amount, cycle=dice.choice(["2026-10", "2026-11"]), to=to, **USD)
        case 3:
            card, only = f"card{next(world.numbers)}", dice.choice([{}, {"products": ["OSS"]}])
            world.send("card_activated", name, card=card, amount=amount, **USD, **valid, **only)
        case 4:
            kind = dice.choice(["amount_off", "single_use"])
            coupon = f"coupon{next(world.numbers)}"
            world.send("coupon_granted", name, coupon=coupon, kind=kind, amount=amount, **USD, **valid)
        case 5:
            world.send("account_changed", name, auto_write_off=dice.random() < 0.7)
        case _:
            fee = f"{dice.randint(-3_000_000, 20_000_000) / 10_000:.4f}"
            when = dice.choice([day, day, "2026-10-10T00:00:00Z"])
            world.fee(name, fee, incurred_at=when, product=dice.choice(["ECS", "OSS"]))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_any_story_adds_up_in_every_month(world, seed):
    dice = random.Random(seed)
    world.open("a", opening_cash="100.00", credit_control=True, credit_limit="500", write_off_past_bills=True)
    world.open("b", "c")
    world.tie("a", "b", "c")
    world.send("payment_term_agreed", "a", from_cycle="2026-01", period_days=dice.choice([0, 3, 20]))
    world.send("payment_method_added", "b", method="visa", **CARD)
    while world.now < utc("2027-01-04"):
        for _ in range(dice.randint(1, 5)):
            random_step(world, dice, dice.choice(["a", "b", "c"]))
        world.charge(SandboxGateway())
        world.now += timedelta(hours=dice.randint(40, 200))
        world.tick()
    assert world.faults() == 0
    told = [month for name in ("a", "b", "c") for month in add_up(world, name)]
    kinds = {what for month in told for roll in month.balances.values() for what, _ in roll.movements}
    assert {"issued", "paid_by_cash", "topped_up", "expired"} < kinds
    assert len(kinds) > 10


# ----------------------------------------------------------------------------------------------- which month
def test_an_entry_at_midnight_belongs_to_the_month_that_begins(world):
    world.open("a")
    world.at("2026-10-31 15:59").top_up("a", "1.00")
    world.at("2026-10-31 16:00").top_up("a", "2.00")
    assert figures(statement(world, "a", OCT).balances["cash"]) == {
        "opening": 0,
        "topped_up": 100,
        "closing": 100,
    }
    assert figures(statement(world, "a", NOV).balances["cash"]) == {
        "opening": 100,
        "topped_up": 200,
        "closing": 300,
    }


def test_a_statement_is_provisional_until_the_month_is_over_and_worked_off(world):
    world.open("a", opening_cash="1.00")
    world.tick()
    assert statement(world, "a", OCT).provisional == ("month_not_over",)
    world.at("2026-11-01 00:00")
    assert statement(world, "a", OCT).provisional == ("work_outstanding",)
    world.tick()
    assert statement(world, "a", OCT).provisional == ()


def test_a_month_close_that_runs_late_changes_the_month_it_belongs_to_and_that_was_said(world):
    world.open("a", opening_cash="100.00")
    world.fee("a", "30")
    world.tick()
    world.at("2026-12-03 00:00")
    before = statement(world, "a", NOV)
    assert before.provisional == ("work_outstanding",)
    assert before.balances["receivable"].is_empty
    world.tick()
    after = statement(world, "a", NOV)
    assert after.provisional == ()
    assert after.balances["receivable"].movements == (("issued", 3_000), ("paid_by_cash", -3_000))


def test_a_month_close_that_runs_late_spends_what_came_after_its_month_when_it_came(world):
    world.open("a", auto_write_off=True)
    world.fee("a", "30")
    world.tick()
    world.at("2026-12-01 10:00").top_up("a", "100.00")
    world.send("card_activated", "a", card="c", amount="5.00", **USD, **YEAR)
    world.at("2026-12-03 00:00").tick()
    november, december = statement(world, "a", NOV), statement(world, "a", DEC)
    assert november.balances["cash"].is_empty
    assert figures(december.balances["cash"]) == {
        "opening": 0, "topped_up": 10_000, "paid_bills": -2_500, "closing": 7_500,
    }  # fmt: skip
    assert figures(december.balances["card"]) == {
        "opening": 0, "activated": 500, "paid_bills": -500, "closing": 0,
    }  # fmt: skip
    assert november.balances["receivable"].movements == (("issued", 3_000),)
    assert december.balances["receivable"].movements == (("paid_by_cards", -500), ("paid_by_cash", -2_500))


def test_a_month_without_anything_is_a_statement_of_nothing(world):
    world.open("a")
    world.tick()
    told = statement(world, "a", OCT)
    assert (told.bill, told.fees, told.payments, told.named, told.bills) == (None, (), (), (), ())
    assert all(roll.is_empty for roll in told.balances.values())


def test_months_before_the_account_and_months_to_come_have_no_statement(world):
    world.at("2026-11-01 00:00").open("late")
    with pytest.raises(NotFound, match="opened after 2026-10"):
        statement(world, "late", OCT)
    with pytest.raises(Refused, match="2026-12 has not begun"):
        statement(world, "late", DEC)
    # Its bill is one of October, and so it has a statement after all.
    world.fee("late", "5")
    told = statement(world, "late", OCT)
    assert told.bill is not None
    assert told.balances["cash"].is_empty


def test_available_credit_and_headroom_are_those_of_the_moment(world):
    world.open("a", credit_control=True, credit_limit="50", auto_write_off=False)
    world.top_up("a", "10.00")
    world.fee("a", "12")
    world.at("2026-11-02 04:00").tick()
    world.fee("a", "3", incurred_at="2026-11-02T00:00:00Z")
    told = statement(world, "a", OCT)
    assert (told.available.cash_minor, told.available.credit_limit_minor, told.available.frozen_minor) == (
        1_000,
        5_000,
        300,
    )
    assert told.headroom_minor == 5_700 - 1_200


# ----------------------------------------------------------------------------------------------- all accounts
def batches(world: World, cycle: Cycle, size: int = 1000) -> list[Batch]:
    return list(read_statements(world.store, cycle, at=world.now, policy=world.policy, batch=size))


def test_all_statements_in_batches_are_the_statements_one_by_one(world):
    names = [f"a{number}" for number in range(5)]
    world.open(*names, opening_cash="50.00")
    for name in names[:4]:
        world.fee(name, "20")
    world.at("2026-11-02 04:00").tick()
    world.open("new")
    told = batches(world, OCT, size=2)
    assert [batch.accounts for batch in told] == [2, 2, 2]
    assert [one for batch in told for one in batch.statements] == [
        statement(world, name, OCT) for name in names
    ]


def test_a_batch_costs_the_same_for_one_account_and_for_many(world):
    def sent(count: int) -> int:
        with statements(world.store) as told:
            (batch,) = batches(world, NOV)
        assert len(batch.statements) == count
        return len(told)

    def month(names: list[str]) -> None:
        world.receive(*(world.message("account_opened", name, **USD, opening_cash="50.00") for name in names))
        cards = {"amount": "5.00", **USD, **YEAR}
        world.receive(*(world.message("card_activated", name, card="c", **cards) for name in names))
        fee = {"amount": "20", **USD, "product": "ECS", "incurred_at": "2026-10-20T00:00:00Z"}
        world.receive(*(world.message("fees", name, fees=[fee | {"id": name}]) for name in names))
        assert world.drain(accounts=1000, events=1000).refused == 0

    month(["one"])
    world.at("2026-11-02 04:00").tick()
    counts = [sent(1)]
    month([f"m{number}" for number in range(300)])
    world.at("2026-12-02 04:00").tick()
    counts.append(sent(301))
    # One more is read to see that there is no further batch, in a transaction that reads nothing else.
    assert counts[0] == counts[1] < 30


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("UPDATE account SET cash_minor = cash_minor + 1 WHERE external_id = 'bad'", "cash was 0.01 before"),
        ("UPDATE account SET cash_minor = 0 WHERE external_id = 'bad'", "cash was -30.00 before the account"),
        ("UPDATE bill SET accrued = accrued + 1 WHERE account_id = (SELECT id FROM account WHERE external_id = 'bad')",
         "its products come to 20, the bill's fees to 21"),
        ("""UPDATE bill SET paid_minor = paid_minor - 1, state = 'unsettled', settled_at = NULL
            WHERE account_id = (SELECT id FROM account WHERE external_id = 'bad')""",
         "payments come to 20.00, the bill says 19.99"),
    ],
)  # fmt: skip
def test_a_statement_that_does_not_add_up_is_withheld_and_the_others_are_given(world, fault, said):
    world.open("good", "bad", opening_cash="50.00")
    for name in ("good", "bad"):
        world.fee(name, "20")
    world.at("2026-11-02 04:00").tick()
    with world.store.transaction() as tx:
        tx.execute(text(fault))
    cycle = OCT
    with pytest.raises(Broken, match=said):
        statement(world, "bad", cycle)
    (batch,) = batches(world, cycle)
    assert [one.account.external_id for one in batch.statements] == ["good"]
    assert list(batch.withheld) == ["bad"]
    assert said in batch.withheld["bad"]

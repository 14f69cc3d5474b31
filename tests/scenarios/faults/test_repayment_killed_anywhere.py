"""A process that dies anywhere in what people asked for: in the end nothing tells. Rule: R8.2, R9.*, R11.1."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from settlement.model.gateway.charges import Declined
from settlement.operations.gateway.charges import inquire_about_charges, send_charges
from settlement.operations.gateway.engine import CallLimits
from settlement.operations.schedule.payments import expire_payments
from settlement.operations.schedule.unified_settlements import settle_unified
from tests.support.fake_gateway import FakeGateway
from tests.support.servers import PostgresForTests
from tests.support.world import Killed, World, statements

LIMITS = CallLimits(default_per_s=1_000_000)
# Longer than the lease of a charge that was sent, and not as long as a payment may take.
LATER = timedelta(minutes=10)
VISA = {"method": "visa", "kind": "bank_card", "gateway": "sandbox", "method_token": "ok"}
ASKED = {"payment": "p", "cycle": "2026-10", "currency": "USD"}
MEMBERS = ("m0", "m1", "m2", "m3")


@pytest.fixture
def twin(postgres: PostgresForTests) -> Iterator[World]:
    """A second deployment, in which nothing ever dies."""
    with postgres.database() as name:
        it = World(postgres.worker_url(name))
        yield it
        it.store.close()


def owing(world: World) -> None:
    """A main account with money, and members that owe 50 for October and pay nothing by themselves."""
    world.open("main", opening_cash="200.00", credit_control=True)
    world.open(*MEMBERS, credit_control=True)
    for name in MEMBERS:
        world.send("payment_method_added", name, **VISA)
        world.fee(name, "50")
    world.tie("main", *MEMBERS)
    world.at("2026-11-02 04:00").tick()


def survive(world: World, work: Callable[[], object]) -> int:
    """Lets the work die before its first statement, then before its second, and so on until it gets through."""
    deaths, before = 0, world.image()
    while True:
        try:
            with statements(world.store, die_at=deaths) as sent:
                work()
        except Killed:
            after = world.image()
            assert "COMMIT" in sent or after == before, f"half of it stayed: {sent[-1]}"
            deaths, before = deaths + 1, after
        else:
            return deaths


def as_if_undisturbed(world: World, twin: World) -> None:
    there, should_be = world.image(), twin.image()
    assert [table for table in there if there[table] != should_be[table]] == []
    assert world.faults() == 0


# --------------------------------------------------------------------------------------------- what people ask for
def everything_at_once(world: World) -> None:
    """Each act of people, for accounts in each other's way, waiting."""
    unified = {"settlement": "u", "accounts": ["m2", "m3"], "cycles": ["2026-10"]}
    given = {"amount": "30.00", "currency": "USD", "from_account": "main"}
    message = world.message
    world.receive(
        message("top_up", "m0", amount="20.00", currency="USD"),
        message("account_changed", "m1", hold={"reason": "manual"}),
        message("transfer", "m1", **given),
        message("transfer_pulled_back", "main", **(given | {"amount": "10.00", "from_account": "m1"})),
        message("bill_payment_requested", "m1", from_balance="15.00", channel="visa", **ASKED),
        message("bill_payment_requested", "m0", **ASKED, amount="20.00", channel="visa"),
        message("bill_payment_cancelled", "m0", payment="p"),
        message("unified_settlement_created", "main", **unified),
        message("unified_settlement_created", "main", **(unified | {"settlement": "v", "accounts": ["m0"]})),
        message(
            "unified_settlement_edited", "main", settlement="u", bills=[{"account": "m3", "cycle": "2026-10"}]
        ),
        message("transfer", "m2", **given),
        message("unified_settlement_run", "main", settlement="u"),
        message("unified_settlement_closed", "main", settlement="v"),
        message("relationship_ended", "main", other="m2"),
    )


def test_what_people_ask_for_is_done_once_however_often_the_process_dies(world, twin):
    for it in (world, twin):
        owing(it)
        everything_at_once(it)
    deaths = survive(world, world.drain)
    twin.drain()
    assert deaths > 30
    assert world.refused() == []
    as_if_undisturbed(world, twin)
    assert world.rows("SELECT reason, count(*) FROM write_off_hold GROUP BY reason ORDER BY reason") == [
        ("manual", 1), ("manual_payment", 1),
    ]  # fmt: skip


# --------------------------------------------------------------------------------------------- by card
def owing_by_card(world: World, *names: str) -> None:
    """Accounts with a card, 10 in cash and a bill of 50 that they do not pay by themselves."""
    world.open(*names, credit_control=True, auto_write_off=False, opening_cash="10.00")
    fee = {"amount": "50", "currency": "USD", "product": "ECS", "incurred_at": "2026-10-15T00:00:00Z"}
    world.receive(
        *(world.message("payment_method_added", name, **VISA) for name in names),
        *(world.message("fees", name, fees=[fee | {"id": name}]) for name in names),
    )
    assert world.drain().refused == 0
    world.at("2026-11-02 04:00").close("2026-10")


def die_at_every_statement(world: World, prepare: Callable[[str], None], work: Callable[[], object]) -> int:
    """A fresh account for every place to die at, until there is no such place any more. Returns the deaths."""
    for place in range(1000):
        prepare(f"a{place}")
        try:
            with statements(world.store, die_at=place):
                work()
        except Killed:
            # Whoever comes next finds what was left.
            world.now += LATER
            work()
            continue
        return place
    raise AssertionError("the work never ended")


@pytest.mark.parametrize("answer", ["taken", "lost", "declined"])
def test_a_payment_by_card_is_made_once_wherever_the_process_dies(world, answer):
    gateway = FakeGateway()
    # Some more than there are places to die at.
    owing_by_card(world, *(f"a{number}" for number in range(80)))

    def prepare(name: str) -> None:
        asked = world.send("bill_payment_requested", name, from_balance="10.00", channel="visa", **ASKED)
        assert asked.refused == 0
        gateway.loses = int(answer == "lost")
        if answer == "declined":
            gateway.answers = [Declined("insufficient_funds", "no money", final=False)] * 2
        if answer == "lost":
            send_charges(world.store, {"sandbox": gateway}, clock=lambda: world.now, policy=world.policy)
            world.now += LATER

    def work() -> None:
        for act in (send_charges, inquire_about_charges):
            act(
                world.store, {"sandbox": gateway}, clock=lambda: world.now, policy=world.policy, limits=LIMITS
            )

    deaths = die_at_every_statement(world, prepare, work)
    assert deaths > 10
    for _ in range(3):
        world.now += LATER
        work()
    states = world.rows("SELECT CAST(state AS text), count(*) FROM bill_payment GROUP BY state ORDER BY 1")
    if answer == "declined":
        assert states == [("failed", deaths + 1)]
        assert gateway.taken_minor() == []
    else:
        assert states == [("completed", deaths + 1)]
        assert gateway.taken_minor() == [4_000] * (deaths + 1)
        assert world.rows(
            "SELECT state, paid_minor, count(*) FROM bill WHERE paid_minor > 0 GROUP BY 1, 2"
        ) == [("settled", 5_000, deaths + 1)]
        assert world.rows("SELECT DISTINCT source, amount_minor FROM repayment_line ORDER BY source") == [
            ("cash", 1_000), ("external", 4_000),
        ]  # fmt: skip
    assert nothing_is_held(world)
    assert world.faults() == 0


def nothing_is_held(world: World) -> bool:
    """No hold, nothing set aside and nothing reserved."""
    return not world.rows(
        """SELECT 1 FROM write_off_hold UNION ALL SELECT 1 FROM account WHERE held_minor <> 0
           UNION ALL SELECT 1 FROM bill WHERE reserved_minor <> 0"""
    )


def test_payments_expire_once_wherever_the_process_dies(world, twin):
    for it in (world, twin):
        owing(it)
        for name in MEMBERS:
            it.receive(it.message("bill_payment_requested", name, channel="visa", **ASKED))
        assert it.drain().refused == 0
        # Each of them would be paid as soon as nothing is held.
        it.receive(*(it.message("top_up", name, amount="60.00", currency="USD") for name in MEMBERS))
        it.drain()
        it.now += timedelta(minutes=30)
    deaths = survive(world, lambda: expire_payments(world.store, at=world.now, policy=world.policy, batch=2))
    expire_payments(twin.store, at=twin.now, policy=twin.policy, batch=2)
    assert deaths > 20
    as_if_undisturbed(world, twin)
    assert nothing_is_held(world)
    assert world.rows("SELECT DISTINCT state FROM bill") == [("settled",)]


# --------------------------------------------------------------------------------------------- unified settlement
def test_settlements_that_waited_go_on_once_wherever_the_process_dies(world, twin):
    for it in (world, twin):
        it.open("main", credit_control=True)
        it.open(*MEMBERS, credit_control=True)
        it.tie("main", *MEMBERS)
        for name in MEMBERS:
            it.fee(name, "50")
        it.at("2026-11-02 04:00").tick()
        for number, listed in enumerate((MEMBERS[:2], MEMBERS[2:])):
            about = {"settlement": f"u{number}"}
            it.send("unified_settlement_created", "main", accounts=list(listed), cycles=["2026-10"], **about)
            it.send("unified_settlement_run", "main", **about)
        # Enough for the first of them and a part of the second.
        it.top_up("main", "130.00")
        it.top_up("m0", "70.00")
    deaths = survive(world, lambda: settle_unified(world.store, at=world.now, policy=world.policy))
    settle_unified(twin.store, at=twin.now, policy=twin.policy)
    assert deaths > 20
    as_if_undisturbed(world, twin)
    states = world.rows("SELECT state FROM unified_settlement ORDER BY id")
    assert (states, world.cash("main")) == ([("completed",), ("running",)], 0)
    world.top_up("main", "200.00")
    world.tick()
    assert nothing_is_held(world)
    assert world.rows("SELECT DISTINCT state FROM bill") == [("settled",)]
    assert world.faults() == 0

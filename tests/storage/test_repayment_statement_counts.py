"""What people ask for costs as many statements for hundreds of accounts as for one. Rule: R4.1, R8.*, R9.*."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from settlement.operations.gateway.charges import inquire_about_charges, send_charges
from settlement.operations.gateway.engine import CallLimits
from settlement.operations.schedule.payments import expire_payments
from settlement.operations.schedule.unified_settlements import settle_unified
from settlement.storage.load.scope import PeopleScope, Scope
from settlement.storage.load.snapshot import load
from tests.support.fake_gateway import FakeGateway
from tests.support.world import World, statements

MANY = 200
# All of them in one batch; what one process may have in its hands is another question.
LIMITS = CallLimits(batch=2 * MANY, default_per_s=1_000_000)
VISA = {"method": "visa", "kind": "bank_card", "gateway": "sandbox", "method_token": "ok"}
OCT_TEXT = "2026-10"
MONEY = {"currency": "USD"}


class Counting:
    """Everything that people do with one main account and its members, with its number of statements by step."""

    def __init__(self, world: World, main: str, members: list[str]) -> None:
        self.world, self.main, self.members = world, main, members
        self.counts: dict[str, int] = {}

    def counted(self, step: str, work: Callable[[], object]) -> None:
        with statements(self.world.store) as sent:
            work()
        self.counts[step] = len(sent)

    def events(self, step: str, *messages: Any) -> None:
        self.world.receive(*messages)

        def work() -> None:
            drained = self.world.drain(accounts=2 * MANY, events=5 * MANY)
            assert (drained.events, drained.refused) == (len(messages), 0), self.world.refused()

        self.counted(step, work)

    def by_all(self, step: str, kind: str, **data: Any) -> None:
        """An event of every member."""
        self.events(step, *(self.world.message(kind, name, **data) for name in self.members))

    def by_main(self, step: str, kind: str, about: str, **data: Any) -> None:
        """An event of the main account about every member."""
        self.events(
            step, *(self.world.message(kind, self.main, **{about: name}, **data) for name in self.members)
        )

    def unified(self, kind: str, **data: Any) -> None:
        message = self.world.message(f"unified_settlement_{kind}", self.main, settlement="u", **data)
        self.events(f"unified {kind}", message)

    def owe(self) -> None:
        """Bills of September, for settlements, and of October, for payments."""
        world, fee = self.world, {"currency": "USD", "product": "ECS", "amount": "50"}
        world.open(self.main, opening_cash="100000.00")
        world.open(*self.members, credit_control=True, auto_write_off=False)
        for month in (9, 10):
            incurred = {"id": str(month), "incurred_at": f"2026-{month:02}-15T00:00:00Z"}
            world.receive(*(world.message("fees", name, fees=[fee | incurred]) for name in self.members))
        world.receive(*(world.message("payment_method_added", name, **VISA) for name in self.members))
        world.drain()
        for cycle in ("2026-09", "2026-10"):
            world.at("2026-11-02 04:00").close(cycle)

    def move(self) -> None:
        """Relationships begin, and money goes to the members and back."""
        self.by_main("asking", "relationship_requested", "member")
        self.by_all("agreeing", "relationship_accepted", main=self.main)
        self.by_all("transfer", "transfer", amount="9.00", from_account=self.main, **MONEY)
        self.by_main("pull-back", "transfer_pulled_back", "from_account", amount="1.00", **MONEY)

    def pay(self, gateway: FakeGateway) -> None:
        """The bills of October by hand: from the balance, by card, given up, too late, and in doubt at first."""
        world, ask = self.world, "bill_payment_requested"
        october = {"cycle": "2026-10"} | MONEY

        def calling(step: str, act: Callable[..., object]) -> None:
            given = {"clock": lambda: world.now, "policy": world.policy, "limits": LIMITS}
            self.counted(step, lambda: act(world.store, {gateway.name: gateway}, **given))

        self.by_all("from the balance", ask, payment="p1", amount="2.00", channel="balance", **october)
        self.by_all(
            "by card", ask, payment="p2", amount="5.00", from_balance="1.00", channel="visa", **october
        )
        self.by_all("cancelling", "bill_payment_cancelled", payment="p2")
        self.by_all("by card again", ask, payment="p3", amount="5.00", channel="visa", **october)
        world.now += timedelta(minutes=30)
        self.counted("expiry", lambda: expire_payments(world.store, at=world.now, policy=world.policy))
        self.by_all("all that is left", ask, payment="p4", from_balance="1.00", channel="visa", **october)
        gateway.loses = len(self.members)
        calling("sending", send_charges)
        world.now += timedelta(minutes=10)
        calling("asking about it", inquire_about_charges)

    def settle(self) -> None:
        """The bills of September in one go, for which the main account has its money a little later."""
        world = self.world
        self.unified("created", accounts=self.members, cycles=["2026-09"])
        self.unified(
            "edited", bills=[{"account": name, "cycle": "2026-09"} for name in reversed(self.members)]
        )
        world.send("account_changed", self.main, frozen_amount="200000", **MONEY)
        self.unified("run")
        world.send("account_changed", self.main, frozen_amount="0", **MONEY)
        self.counted("going on", lambda: settle_unified(world.store, at=world.now, policy=world.policy))
        self.by_main("leaving", "relationship_ended", "other")


def story(world: World, gateway: FakeGateway, main: str, members: list[str]) -> dict[str, int]:
    """The whole of it."""
    world.at("2026-09-05 00:00")
    counting = Counting(world, main, members)
    counting.owe()
    counting.move()
    counting.pay(gateway)
    counting.settle()
    return counting.counts


def test_what_people_do_costs_the_same_for_one_account_and_for_many(world):
    # One gateway for both, since its objects have ids of their own.
    gateway = FakeGateway()
    one = story(world, gateway, "main", ["one"])
    many = story(world, gateway, "boss", [f"m{number}" for number in range(MANY)])
    assert one == many
    # Going on with a settlement and ending it are two transactions.
    assert max(one.values()) < 60
    assert world.rows("SELECT state, count(*) FROM bill_payment GROUP BY state ORDER BY state") == [
        ("completed", 2 * (MANY + 1)), ("cancelled", MANY + 1), ("expired", MANY + 1),
    ]  # fmt: skip
    assert world.rows("SELECT DISTINCT state FROM bill") == [("settled",)]
    assert world.rows("SELECT DISTINCT state FROM unified_settlement") == [("completed",)]
    assert world.faults() == 0


def test_closing_a_settlement_costs_the_same_for_one_account_and_for_many(world):
    counts = {}
    names = [f"m{number}" for number in range(MANY + 1)]
    world.open("main")
    world.open(*names)
    fee = {
        "id": "f",
        "currency": "USD",
        "product": "ECS",
        "amount": "50",
        "incurred_at": "2026-10-15T00:00:00Z",
    }
    world.receive(*(world.message("fees", name, fees=[fee]) for name in names))
    world.drain()
    world.tie("main", *names)
    world.at("2026-11-02 04:00").close(OCT_TEXT)
    for members in (names[:1], names[1:]):
        about = {"settlement": f"u{len(members)}"}
        world.send("unified_settlement_created", "main", accounts=members, cycles=[OCT_TEXT], **about)
        # All of them are paid as soon as nothing holds them any more.
        world.receive(*(world.message("top_up", name, amount="60.00", currency="USD") for name in members))
        world.drain()
        world.receive(world.message("unified_settlement_closed", "main", **about))
        with statements(world.store) as sent:
            assert world.drain().refused == 0
        counts[len(members)] = len(sent)
    assert counts[1] == counts[MANY] < 45
    assert world.rows("SELECT DISTINCT state FROM bill") == [("settled",)]
    assert world.rows("SELECT 1 FROM write_off_hold") == []


def test_a_line_of_a_settlement_that_is_asked_for_is_read_once_and_others_beside_it(world):
    world.open("main", "m", "n", credit_control=True, auto_write_off=False)
    for name in ("m", "n"):
        world.fee(name, "50")
    world.at("2026-11-02 04:00").tick()
    world.tie("main", "m", "n")
    for name in ("m", "n"):
        about = {"settlement": f"of {name}", "accounts": [name], "cycles": [OCT_TEXT]}
        world.send("unified_settlement_created", "main", **about)
    asked_for = world.one("SELECT id FROM unified_settlement WHERE external_id = 'of m'")
    ids = [row[0] for row in world.rows("SELECT id FROM account ORDER BY id")]
    with world.store.transaction() as tx:
        found = load(tx, Scope(ids=ids, people=PeopleScope(settlements=[asked_for]))).unified_settlements
    assert [line.settlement_name for line in found.lines] == ["of m"]
    assert [line.settlement_name for line in found.open_lines] == ["of n"]


def test_of_accounts_that_are_only_on_a_list_no_members_and_no_other_lists_are_read(world):
    world.open("main", "m", "n", credit_control=True, auto_write_off=False)
    for name in ("m", "n"):
        world.fee(name, "50")
    world.at("2026-11-02 04:00").tick()
    world.tie("main", "m", "n")
    world.send("unified_settlement_created", "main", settlement="u", accounts=["m", "n"], cycles=[OCT_TEXT])
    ids = [row[0] for row in world.rows("SELECT id FROM account ORDER BY id")]

    def found(*named: str) -> tuple[int, int, int]:
        with world.store.transaction() as tx:
            read = load(tx, Scope(ids=ids, people=PeopleScope(named=named)))
        known = read.relationships
        return len(known.of_members), len(known.members_of), len(read.unified_settlements.open_lines)

    assert found() == (2, 0, 0)
    assert found("main") == (2, 1, 0)
    assert found("m") == (2, 0, 1)

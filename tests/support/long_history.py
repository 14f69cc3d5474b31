"""A history in which every table of money, and of where it stands, has rows, told through the public doors."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from settlement.model.gateway.charges import Succeeded, Unknown
from settlement.operations.gateway.authorizations import work_authorizations
from settlement.operations.gateway.engine import CallLimits
from settlement.operations.inbox.fee_imports import import_fees
from settlement.storage.store import Store
from tests.support.collection import HARD, SOFT, with_card
from tests.support.fake_gateway import FakeGateway
from tests.support.full_month import a_full_month
from tests.support.reversals import look
from tests.support.world import World

_CARD = {"method": "visa", "kind": "bank_card", "gateway": "sandbox", "method_token": "ok"}
_TERM = {"from_cycle": "2026-11", "period_days": 10}
_FOCUS = """BillingAccountId,BilledCost,BillingCurrency,ChargePeriodStart,ServiceName
imported,1.5,USD,2026-11-03T00:00:00Z,ECS
imported,2.25,USD,2026-11-04T00:00:00Z,OSS
"""


def a_long_history(store: Store) -> World:
    """The full month and the two after it.

    Declines that are followed up to a suspension, payments by hand, settlements of a main account, what a gateway took
    back by itself, bills that became overdue, an import, and of each what is still under way.
    """
    books = a_full_month(store)
    world, gateway = World(store, policy=books.policy), FakeGateway()
    world.at("2026-11-12 00:00")
    # What the gateway of the full month took has its name there.
    gateway.books["taken before"] = Succeeded("g-1", 100_000)
    _owing(world)
    _declined(world, gateway)
    _imported(world)
    for at in (
        "2026-11-13 16:00",
        "2026-11-19 00:00",
        "2026-11-26 00:00",
        "2026-11-27 12:00",
        "2026-11-30 15:00",
    ):
        world.at(at).tick()
        gateway.answers = [SOFT]
        world.charge(gateway)
    world.at("2026-12-02 04:00").tick()
    gateway.answers = []
    world.charge(gateway)
    _paid_by_people(world, gateway)
    _taken_back(world, gateway)
    for at in ("2026-12-12 16:00", "2026-12-13 16:00"):
        world.at(at).tick()
    world.top_up("overdue-paid", "30.00")
    _under_way(world, gateway)
    assert world.refused() == []
    return world


def _owing(world: World) -> None:
    """Bills that are due by contract: one that stays unpaid, one paid too late, one by hand, two by a main account."""
    for name in ("overdue", "overdue-paid", "by-hand", "running"):
        world.open(name, credit_control=True, credit_limit="100")
        world.send("payment_term_agreed", name, **_TERM)
        world.fee(name, "30.00", "2026-11-12T00:00:00Z")
    for name in ("by-hand", "running"):
        world.send("payment_method_added", name, **_CARD)
    world.open("main", opening_cash="45.00")
    world.open("member", "other-member", "not-yet")
    world.tie("main", "member", "other-member", "not-yet")
    for name in ("member", "other-member", "not-yet"):
        world.fee(name, "30.00", "2026-11-12T00:00:00Z", order_id="o-1")


def _declined(world: World, gateway: FakeGateway) -> None:
    with_card(world, "soft", "hard", "retried", "below", "taken", "disputed", "lost")
    for name, answers in (
        ("soft", [SOFT]), ("hard", [HARD]), ("retried", [SOFT]), ("taken", []), ("disputed", []), ("lost", []),
    ):  # fmt: skip
        world.fee(name, "1000", "2026-11-12T00:00:00Z")
        gateway.answers = list(answers)
        world.charge(gateway)
        gateway.answers = []
    world.fee("below", "20.00", "2026-11-12T00:00:00Z")
    world.send("payment_method_added", "retried", **(_CARD | {"method": "other", "method_token": "ok-2"}))
    world.charge(gateway)
    world.open("paypal")
    paypal = {"kind": "paypal", "threshold": "50", "currency": "USD", "customer_token": "c"}
    world.send("payment_method_added", "paypal", **(_CARD | paypal))
    world.send("product_activated", "paypal", product="ECS")
    for _ in range(2):
        work_authorizations(
            world.store,
            {gateway.name: gateway},
            clock=lambda: world.now,
            policy=world.policy,
            limits=CallLimits(),
        )
    world.fee("paypal", "7.00", "2026-11-12T00:00:00Z")


def _imported(world: World) -> None:
    world.open("imported")
    with TemporaryDirectory() as folder:
        path = Path(folder, "export.csv")
        path.write_text(_FOCUS)
        import_fees(world.store, path, at=world.now, policy=world.policy, on_refused=print)


def _paid_by_people(world: World, gateway: FakeGateway) -> None:
    asked = {"payment": "p1", "cycle": "2026-11", "currency": "USD", "channel": "visa"}
    world.send("bill_payment_requested", "by-hand", **asked)
    world.charge(gateway)
    settlement = {"accounts": ["member", "other-member"], "cycles": ["2026-11"]}
    world.send("unified_settlement_created", "main", settlement="u1", **settlement)
    world.send("unified_settlement_run", "main", settlement="u1")
    world.top_up("main", "10.00")
    world.send(
        "unified_settlement_created", "main", settlement="u2", accounts=["not-yet"], cycles=["2026-11"]
    )


def _taken_back(world: World, gateway: FakeGateway) -> None:
    def charge_of(name: str) -> str:
        return str(world.one(
            """SELECT gateway_ref FROM charge_attempt JOIN account a ON a.id = account_id
               WHERE external_id = :name AND state = 'succeeded' ORDER BY attempt_no LIMIT 1""", name=name,
        ))  # fmt: skip

    gateway.refund_there(charge_of("taken"), 40_000, at=world.now)
    gateway.dispute(charge_of("disputed"), 100_000, at=world.now)
    gateway.dispute(charge_of("lost"), 100_000, "lost", at=world.now)
    look(world, gateway)


def _under_way(world: World, gateway: FakeGateway) -> None:
    """A payment by hand that is being charged, a charge in doubt, one that waits."""
    asked = {"payment": "p2", "cycle": "2026-11", "currency": "USD", "channel": "visa", "amount": "20.00"}
    world.send("bill_payment_requested", "running", **asked)
    with_card(world, "in-doubt")
    world.fee("in-doubt", "1000", "2026-12-13T00:00:00Z")
    gateway.answers = [Unknown("no answer"), Unknown("no answer")]
    world.charge(gateway)
    gateway.answers = []
    with_card(world, "waiting")
    world.fee("waiting", "1000", "2026-12-13T00:00:00Z")
    world.fee("below", "30.00", "2026-12-13T00:00:00Z")

"""What the pictures show: half a year of a dozen businesses that pay all, late, in part or not, and one of each."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from settlement.model.money import exponent_of
from settlement.operations.inbox.relay import relay
from settlement.operations.schedule.daily_audit import audit_day
from tests.support.console.month import one_of_each
from tests.support.fake_gateway import FakeGateway
from tests.support.refunds import charged
from tests.support.reversals import look
from tests.support.world import World

MONTHS = (5, 6, 7, 8, 9, 10)
PRODUCTS = {"compute": 50, "database": 26, "storage": 15, "traffic": 9}


class Business(NamedTuple):
    """An account. `monthly`: its fees in May, in major units; `pays`: which part of a bill arrives by bank transfer;
    `after`: months from the issue of a bill to its payment; `days`: to pay within, of who has a payment term.
    """

    account: str
    name: str
    currency: str
    monthly: int
    pays: float
    after: int = 0
    days: int = 0


BUSINESSES = (
    Business("brightwater", "Brightwater Ltd", "USD", 5_200, 1.1),
    Business("delta-freight", "Delta Freight Inc", "USD", 18_400, 1.0),
    Business("fjord-energy", "Fjord Energy AS", "EUR", 9_700, 1.0),
    Business("harbour-labs", "Harbour Labs", "USD", 2_650, 0.7, days=30),
    Business("kestrel-games", "Kestrel Games", "USD", 7_900, 1.0, after=1, days=30),
    Business("lumen-retail", "Lumen Retail Group", "EUR", 4_100, 0.9),
    Business("marble-and-co", "Marble & Co", "USD", 1_240, 0.0, days=30),
    Business("nordlicht", "Nordlicht GmbH", "EUR", 3_300, 1.0, after=1, days=14),
    Business("orchard-foods", "Orchard Foods", "USD", 11_000, 1.0),
    Business("pinnacle-health", "Pinnacle Health", "USD", 6_450, 0.4, days=60),
    Business("quill-press", "Quill Press", "USD", 860, 1.2),
    Business("sakura-works", "Sakura Works KK", "JPY", 1_450_000, 1.0),
)


def play(world: World, *, hook: str) -> dict[str, str]:
    """All of it; what stands for names in the addresses of pages. `hook`: where announcements are delivered to."""
    chance = random.Random(14)
    owed: dict[tuple[str, int], int] = {}
    world.at("2026-05-03 02:00")
    _open(world)
    for month in MONTHS[:-1]:
        _use(world, chance, month, owed)
        world.at(f"2026-{month + 1:02}-02 04:30").tick()
        _pay(world, month, owed)
    world.at("2026-10-05 00:00")
    _use(world, chance, MONTHS[-1], owed)
    # Whose bills are paid by hand, from cash and by card.
    card = {"method": "visa", "kind": "bank_card", "gateway": "sandbox", "method_token": "ok"}
    world.send("payment_method_added", "harbour-labs", **card)
    world.send("account_changed", "harbour-labs", auto_write_off=False)
    names = one_of_each(world, hook=hook)
    _pay(world, MONTHS[-1], owed)
    _dispute(world)
    _transfer(world)
    while relay(world.store, lambda _: None, limit=1_000):
        pass
    audit_day(world.store, at=world.now, policy=world.policy, sessions=1)
    of_october = world.one("SELECT max(id) FROM run WHERE kind = 'month_close'")
    return {**names, "{run:int}": str(of_october)}


def _open(world: World) -> None:
    for one in BUSINESSES:
        limit = str(one.monthly) if one.days else "0"
        data: dict[str, Any] = {"currency": one.currency, "name": one.name, "credit_limit": limit}
        world.open(one.account, **data, credit_control=one.days > 0)
        if one.days:
            world.send("payment_term_agreed", one.account, from_cycle="2026-05", period_days=one.days)
    year = {"valid_from": "2026-05-01T00:00:00Z", "valid_until": "2027-05-01T00:00:00Z"}
    world.send("card_activated", "orchard-foods", card="prepaid-2026", amount="4000", currency="USD", **year)
    world.send(
        "coupon_granted",
        "quill-press",
        coupon="spring",
        kind="amount_off",
        amount="50",
        currency="USD",
        **year,
    )


def _use(world: World, chance: random.Random, month: int, owed: dict[tuple[str, int], int]) -> None:
    """The fees of a month."""
    for one in BUSINESSES:
        scale = Decimal(10) ** exponent_of(one.currency)
        total = one.monthly * (100 + 6 * (month - MONTHS[0])) * chance.randint(92, 108) // 10_000
        fees = []
        for product, percent in PRODUCTS.items():
            minor = int(total * scale) * percent // 100
            owed[one.account, month] = owed.get((one.account, month), 0) + minor
            fees.append(
                {
                    "id": f"{one.account}-{month}-{product}", "amount": str(Decimal(minor) / scale),
                    "currency": one.currency, "product": product, "incurred_at": f"2026-{month:02}-10T00:00:00Z",
                }
            )  # fmt: skip
        world.receive(world.message("fees", one.account, fees=fees))
    world.drain()


def _pay(world: World, issued: int, owed: dict[tuple[str, int], int]) -> None:
    """Bank transfers, some days after the bills of a month were issued."""
    if world.now < datetime(2026, issued + 1, 9, tzinfo=world.now.tzinfo):
        world.now += timedelta(days=6)
    for one in BUSINESSES:
        minor = int(owed.get((one.account, issued - one.after), 0) * one.pays)
        if minor:
            amount = Decimal(minor) / Decimal(10) ** exponent_of(one.currency)
            world.receive(world.message("top_up", one.account, amount=str(amount), currency=one.currency))
    world.drain()


def _transfer(world: World) -> None:
    """Money from a main account to a member, and some of it back."""
    world.tie("brightwater", "quill-press")
    world.send("transfer", "quill-press", amount="400.00", currency="USD", from_account="brightwater")
    world.send(
        "transfer_pulled_back", "brightwater", amount="150.00", currency="USD", from_account="quill-press"
    )


def _dispute(world: World) -> None:
    """A payment by card that its payer disputes."""
    gateway = FakeGateway()
    gateway.ids = "tidewater"
    charged(world, gateway, "tidewater", fees=("1250",))
    gateway.dispute(next(iter(gateway.books)), 40_000, at=world.now)
    look(world, gateway)
    assert world.one("SELECT count(*) FROM gateway_reversal") == 1

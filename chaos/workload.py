"""What producers send: a pure function of the seed. Every event one to three times, in random order, some in bulk."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

from chaos.schedule import Calendar

Door = Literal["sql", "stream", "name"]
Event = dict[str, Any]
SOURCE = "chaos"
# Events that are handed to Celery by name alone, once, beside all others: so many hundredths of them.
BY_NAME_ONLY = 10
BULK_MOST = 40
PRODUCTS = ("ECS", "OSS", "CDN")
# By type of event, how many of a hundred.
SHARES = {
    "top_up": 44, "fees": 32, "refund to cash": 4, "refund to credit": 3, "refund to original_method": 3,
    "card_activated": 3, "coupon_granted": 3, "transfer": 5, "bill_payment_requested": 3,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Unit:
    """What is sent at once through one door. `at` is its place in the run, 0 to 1."""

    at: float
    door: Door
    events: tuple[int, ...]


@dataclass(frozen=True)
class Workload:
    """Events by number, and in which order they are sent."""

    seed: int
    events: int
    calendar: Calendar

    @property
    def accounts(self) -> int:
        """How many there are. One in ten is the main account of the next one; three in ten have a payment method."""
        return max(40, self.events // 40)

    @property
    def total(self) -> int:
        """Events of the storm, those by name alone included, numbered from 0. The last ones are by name alone."""
        return self.events + self.events * BY_NAME_ONLY // 100

    def opening(self) -> list[list[Event]]:
        """What is there before the storm: accounts, then methods and relationships, then their acceptance."""
        names = [f"a{number}" for number in range(self.accounts)]
        opened = [event_of("account_opened", name, f"open-{name}", currency="USD") for name in names]
        second, third = [], []
        for number, name in enumerate(names):
            if number % 10 in {3, 5, 7}:
                how = _paypal(number) if number % 10 == 5 else _bank_card(number)
                second.append(event_of("payment_method_added", name, f"method-{name}", method="m", **how))
            if number % 10 == 0:
                second.append(
                    event_of("relationship_requested", name, f"asks-{name}", member=names[number + 1])
                )
                third.append(event_of("relationship_accepted", names[number + 1], f"says-{name}", main=name))
        return [opened, second, third]

    def event(self, number: int) -> Event:
        """One event of the storm."""
        chance = random.Random(f"{self.seed}/event/{number}")
        kind = chance.choices([*SHARES], [*SHARES.values()])[0]
        account = chance.randrange(self.accounts)
        happened = self.calendar.at(self._place(number)) - timedelta(hours=chance.uniform(0, 60))
        return _made(kind, f"e{number}", account, happened, chance, self.accounts)

    def units(self) -> list[Unit]:
        """Everything that is sent, in order. Copies of an event lie close together or far apart."""
        chance = random.Random(f"{self.seed}/order")
        copies: list[tuple[float, Door, int]] = []
        for number in range(self.total):
            place = self._place(number)
            if number >= self.events:
                copies.append((place, "name", number))
                continue
            copies.append((_near(place, chance), chance.choice(("sql", "stream")), number))
            for _ in range(chance.choices((0, 1, 2), (40, 40, 20))[0]):
                again = chance.random() if chance.random() < 0.2 else _near(place, chance)
                copies.append((again, chance.choice(("sql", "stream", "name")), number))
        copies.sort()
        return list(_in_units(copies, chance))

    def _place(self, number: int) -> float:
        if number >= self.events:
            return (number - self.events + 0.5) / (self.total - self.events)
        return (number + 0.5) / self.events


def _bank_card(number: int) -> dict[str, str]:
    return {
        "kind": "bank_card", "gateway": "stripe", "customer_token": f"cus_a{number}",
        "method_token": f"pm_card_visa_{number}",
    }  # fmt: skip


def _paypal(number: int) -> dict[str, str]:
    return {
        "kind": "paypal", "gateway": "paypal", "method_token": f"vault_ok_{number}", "threshold": "150.00",
        "currency": "USD",
    }  # fmt: skip


def _near(place: float, chance: random.Random) -> float:
    return min(1.0, max(0.0, chance.gauss(place, 0.02)))


def _in_units(copies: list[tuple[float, Door, int]], chance: random.Random) -> Iterator[Unit]:
    """A door's copies that follow each other go out one by one or in bulk."""
    waiting: dict[Door, list[int]] = {"sql": [], "stream": [], "name": []}
    size: dict[Door, int] = {"sql": 1, "stream": 1, "name": 1}
    for place, door, number in copies:
        waiting[door].append(number)
        if len(waiting[door]) >= size[door]:
            yield Unit(place, door, tuple(waiting[door]))
            waiting[door] = []
            size[door] = chance.randint(2, BULK_MOST) if chance.random() < 0.3 else chance.randint(1, 3)
    for door, rest in waiting.items():
        if rest:
            yield Unit(1.0, door, tuple(rest))


def _made(
    kind: str, event_id: str, account: int, happened: Any, chance: random.Random, accounts: int
) -> Event:
    name, amount = f"a{account}", _money(chance.randint(100, 40_000))
    if kind == "top_up":
        return event_of(kind, name, event_id, amount=amount, currency="USD")
    if kind == "fees":
        fees = [
            {
                "id": f"{event_id}-{line}", "amount": _exact(chance.randint(-2_000_000, 300_000_000)),
                "currency": "USD", "product": chance.choice(PRODUCTS), "incurred_at": happened.isoformat(),
            }
            for line in range(chance.randint(1, 3))
        ]  # fmt: skip
        return event_of(kind, name, event_id, fees=fees)
    if kind.startswith("refund"):
        return event_of("refund", name, event_id, amount=amount, currency="USD", to=kind.rpartition(" ")[2])
    if kind in {"card_activated", "coupon_granted"}:
        given = {"valid_from": "2026-10-01T00:00:00Z", "valid_until": "2027-12-01T00:00:00Z"}
        if kind == "card_activated":
            return event_of(kind, name, event_id, card=event_id, amount=amount, currency="USD", **given)
        return event_of(
            kind, name, event_id, coupon=event_id, kind="amount_off", amount=amount, currency="USD", **given
        )
    if kind == "transfer":
        main = account // 10 * 10
        main = main if main + 1 < accounts else 0
        return event_of(
            kind, f"a{main + 1}", event_id, amount=amount, currency="USD", from_account=f"a{main}"
        )
    month = happened.year * 12 + happened.month - 2
    return event_of(
        kind, name, event_id, payment=event_id, cycle=f"{month // 12}-{month % 12 + 1:02}", currency="USD"
    )


def _exact(millionths: int) -> str:
    sign, size = "-" if millionths < 0 else "", abs(millionths)
    return f"{sign}{size // 1_000_000}.{size % 1_000_000:06}"


def _money(minor: int) -> str:
    return f"{minor // 100}.{minor % 100:02}"


def event_of(kind: str, account: str, event_id: str, /, **data: object) -> Event:
    """An event as a producer sends it."""
    return {"source": SOURCE, "event_id": event_id, "type": kind, "account": account, "data": data}

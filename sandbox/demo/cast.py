"""Who takes part in the demonstration: accounts from rich to penniless, drawn from a seed, and events about them."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, get_args

from sandbox.demo.focus_styles import STYLES, Provider
from sandbox.demo.sample_focus import SCALE, SampleAccount
from settlement.model.cycle import Cycle, cycle_text, next_cycle
from settlement.model.money import decimal_text, exponent_of
from settlement.model.policies.policy import Policy
from settlement.rules.calendar import issuance_at

Event = dict[str, Any]

# Every account of twenty plays a part; the numbers are places in that order.
_RICH = range(7)
_COMFORTABLE = range(7, 10)
_SHORT = range(10, 12)
_PENNILESS = range(12, 14)
_ON_CREDIT = range(14, 17)
_SWITCHED_OFF = 17
_FROZEN = 18
_ON_HOLD = 19
_PARTS = 20


@dataclass(frozen=True, slots=True)
class Member:
    """An account as it begins. Amounts in minor units; `products` are those that its provider bills."""

    account: SampleAccount
    products: tuple[str, ...]
    cash_minor: int
    credit_limit_minor: int
    frozen_minor: int
    auto_write_off: bool
    write_off_past_bills: bool
    on_hold: bool

    @property
    def name(self) -> str:
        """The account's id in every event and export."""
        return self.account.account_id


def cast(accounts: Sequence[SampleAccount], seed: int) -> list[Member]:
    """One member per account, in order. The same arguments give the same members."""
    rng = random.Random(f"{seed}/cast")  # noqa: S311 - the demonstration must come out the same every time
    providers = get_args(Provider)[: max(1, min(len(accounts), 5))]
    return [
        _member(rng, account, index, providers[index % len(providers)])
        for index, account in enumerate(accounts)
    ]


def _member(rng: random.Random, account: SampleAccount, index: int, provider: Provider) -> Member:
    part = index % _PARTS
    cash = money_between(rng, account.currency, *_cash_range(part))
    limit = money_between(rng, account.currency, 1_000, 20_000) if part in _ON_CREDIT else 0
    frozen = 0
    if part == _FROZEN:
        # All of it for some, which shuts the gate; half of it for others, which leaves less to spend.
        frozen = cash if index // _PARTS % 2 else cash // 2
    return Member(
        account=account,
        products=tuple(service.name for service in STYLES[provider].services),
        cash_minor=cash,
        credit_limit_minor=limit,
        frozen_minor=frozen,
        auto_write_off=part != _SWITCHED_OFF,
        write_off_past_bills=part == _ON_CREDIT[-1],
        on_hold=part == _ON_HOLD and index // _PARTS % 2 == 0,
    )


def _cash_range(part: int) -> tuple[int, int]:
    """Least and most cash, in units that are worth about a dollar."""
    if part in _SHORT:
        return 5, 60
    if part in _PENNILESS:
        return 0, 0
    if part in _ON_CREDIT:
        return 0, 800
    if part in _COMFORTABLE:
        return 300, 1_500
    return 4_000, 60_000


def money_between(rng: random.Random, currency: str, low: int, high: int) -> int:
    """An amount in minor units worth about `low` to `high` dollars."""
    units = rng.randint(low * 100, high * 100) * SCALE.get(currency, 1)
    return int(units * 10 ** exponent_of(currency) // 100)


def amount_of(minor: int, currency: str) -> dict[str, str]:
    """An amount as events write it."""
    return {"amount": decimal_text(minor, currency), "currency": currency}


def event(source: str, event_id: str, event_type: str, account: str, data: dict[str, Any]) -> Event:
    """An event with its envelope."""
    return {"source": source, "event_id": event_id, "type": event_type, "account": account, "data": data}


def hold_of(account: str) -> dict[str, str]:
    """The hold on an account, as events name it."""
    return {"reason": "dispute", "ref": f"case-{account[-5:]}"}


def openings(members: Iterable[Member]) -> list[Event]:
    """One `account_opened` per member."""
    return [
        event(
            "demo.accounts",
            f"open-{member.name}",
            "account_opened",
            member.name,
            {
                "currency": member.account.currency,
                "name": member.account.name,
                "credit_control": member.credit_limit_minor > 0,
                "credit_limit": decimal_text(member.credit_limit_minor, member.account.currency),
                "auto_write_off": member.auto_write_off,
                "write_off_past_bills": member.write_off_past_bills,
                "opening_cash": decimal_text(member.cash_minor, member.account.currency),
            },
        )
        for member in members
    ]


def restrictions(members: Iterable[Member]) -> list[Event]:
    """Frozen amounts and holds, as `account_changed`."""
    events = []
    for member in members:
        if member.frozen_minor:
            currency = member.account.currency
            data: dict[str, Any] = {
                "currency": currency,
                "frozen_amount": decimal_text(member.frozen_minor, currency),
            }
            events.append(event("demo.desk", f"freeze-{member.name}", "account_changed", member.name, data))
        if member.on_hold:
            hold = {"hold": hold_of(member.name)}
            events.append(event("demo.desk", f"hold-{member.name}", "account_changed", member.name, hold))
    return events


def cards(members: Sequence[Member], cycle: Cycle, seed: int, *, at: datetime, policy: Policy) -> list[Event]:
    """A stored value card for some members: for everything, for one product, soon to end, or ended too early."""
    rng = random.Random(f"{seed}/cards")  # noqa: S311 - as above
    issued_at = issuance_at(cycle, policy)
    events = []
    chosen = [member for index, member in enumerate(members) if index % 9 in (1, 4)]
    for number, member in enumerate(chosen):
        kind = number % 4
        # A card must still be valid at the instant of the write-off; one in four is not.
        ends = issued_at + timedelta(days={0: 90, 1: 60, 2: 1}.get(kind, 0), hours=-1)
        data: dict[str, Any] = {
            "card": f"SVC-{number + 1:04d}",
            **amount_of(money_between(rng, member.account.currency, 20, 600), member.account.currency),
            "valid_from": at.isoformat(),
            "valid_until": ends.isoformat(),
        }
        if kind in (1, 2):
            data["products"] = list(member.products[:kind])
        events.append(event("demo.shop", f"card-{member.name}", "card_activated", member.name, data))
    return events


def refunds(members: Sequence[Member], cycle: Cycle, seed: int) -> list[Event]:
    """Refunds: of this month, of the next month, and to cash; and one of the next month that may pay past bills."""
    rng = random.Random(f"{seed}/refunds")  # noqa: S311 - as above
    chosen = [
        member for index, member in enumerate(members) if index % 11 in (3, 8) or member.write_off_past_bills
    ]
    events = []
    for number, member in enumerate(chosen):
        data: dict[str, Any] = amount_of(
            money_between(rng, member.account.currency, 10, 300), member.account.currency
        )
        kind = 1 if member.write_off_past_bills else number % 3
        if kind == 2:
            data["to"] = "cash"
        else:
            data["cycle"] = cycle_text(next_cycle(cycle) if kind == 1 else cycle)
        events.append(event("demo.shop", f"refund-{member.name}-{number}", "refund", member.name, data))
    return events

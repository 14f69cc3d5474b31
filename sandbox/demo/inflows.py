"""What arrives days after the month close: money for those who owe, and what goes wrong in real life."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection

from sandbox.demo import figures
from sandbox.demo.cast import Event, Member, amount_of, event, hold_of, money_between
from sandbox.demo.figures import UnsettledBill
from settlement.model.cycle import cycle_text

SOURCE = "demo.bank"
LACKS_MONEY = ("no_funds", "no_available_credit")
# Of three who lack money two get some; every fifth of their top-ups is sent twice.
REPEATED_EVERY = 5


@dataclass(slots=True)
class Later:
    """Events by door, `repeated` of them second copies; whom the transfer went to, and whose hold was released."""

    by_sql: list[Event] = field(default_factory=list)
    by_stream: list[Event] = field(default_factory=list)
    by_celery: list[Event] = field(default_factory=list)
    repeated: int = 0
    giver: str | None = None
    receiver: UnsettledBill | None = None
    released: UnsettledBill | None = None


def later_events(
    tx: Connection, owing: Sequence[UnsettledBill], members: Sequence[Member], seed: int, *, late_at: datetime
) -> Later:
    """Top-ups, a transfer, a release of a hold, a fee incurred at `late_at`, and a top-up in the wrong currency."""
    later = Later()
    _transfer(tx, later, owing)
    _top_ups(later, owing, seed)
    _release(later, owing)
    _late_fee(later, members[0], seed, late_at)
    _mistake(later, members[-1])
    return later


def _top_ups(later: Later, owing: Sequence[UnsettledBill], seed: int) -> None:
    rng = random.Random(f"{seed}/top-ups")  # noqa: S311 - the demonstration must come out the same every time
    ingresses = (later.by_sql, later.by_stream, later.by_celery)
    poor = [bill for bill in owing if bill.reason in LACKS_MONEY and bill != later.receiver]
    for number, bill in enumerate(bill for place, bill in enumerate(poor) if place % 3 != 2):
        # The exact amount, half of it, or a little more than it.
        minor = max(1, bill.outstanding_minor * rng.choice((100, 100, 50, 110)) // 100)
        name = f"top-up-{bill.account}-{cycle_text(bill.cycle)}"
        message = event(SOURCE, name, "top_up", bill.account, amount_of(minor, bill.currency))
        ingresses[number % 3].append(message)
        if number % REPEATED_EVERY == 0:
            # By another door: who sends twice does not always take the same way.
            ingresses[(number + 1) % 3].append(message)
            later.repeated += 1


def _transfer(tx: Connection, later: Later, owing: Sequence[UnsettledBill]) -> None:
    """From an account that can spare it to one that owes, if there is such a pair."""
    for bill in sorted(owing, key=lambda one: one.outstanding_minor):
        if bill.reason != "no_funds":
            continue
        giver = figures.donor(tx, bill.currency, 2 * bill.outstanding_minor)
        if giver is not None:
            # The giver becomes the main account of the one that owes, who agrees.
            request = {"member": bill.account}
            later.by_celery.append(
                event(SOURCE, f"tie-{bill.account}", "relationship_requested", giver, request)
            )
            agreed = {"main": giver}
            later.by_celery.append(
                event(SOURCE, f"agree-{bill.account}", "relationship_accepted", bill.account, agreed)
            )
            data = {**amount_of(bill.outstanding_minor, bill.currency), "from_account": giver}
            later.by_celery.append(event(SOURCE, f"transfer-{bill.account}", "transfer", bill.account, data))
            later.giver, later.receiver = giver, bill
            return


def _release(later: Later, owing: Sequence[UnsettledBill]) -> None:
    on_hold = next((bill for bill in owing if bill.reason == "on_hold"), None)
    if on_hold is not None:
        data = {"release": hold_of(on_hold.account)}
        name = f"release-{on_hold.account}"
        later.by_stream.append(event("demo.desk", name, "account_changed", on_hold.account, data))
        later.released = on_hold


def _late_fee(later: Later, member: Member, seed: int, late_at: datetime) -> None:
    """Reported after the bill of its month was issued."""
    rng = random.Random(f"{seed}/late")  # noqa: S311 - as above
    currency = member.account.currency
    fee = {
        "id": f"late-{member.name}",
        **amount_of(money_between(rng, currency, 5, 50), currency),
        "product": member.products[0],
        "incurred_at": late_at.isoformat(),
    }
    later.by_sql.append(event("demo.metering", f"late-{member.name}", "fees", member.name, {"fees": [fee]}))


def _mistake(later: Later, member: Member) -> None:
    """No account of the demonstration is kept in francs."""
    name = f"mistaken-{member.name}"
    later.by_stream.append(event(SOURCE, name, "top_up", member.name, amount_of(10_000, "CHF")))

"""A set of a thousand accounts costs as many statements as a set of one, COPY included. Rule: R4.1."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import text

from settlement.operations.schedule.month_close import MonthCloseLimits, start_month_close
from settlement.operations.schedule.runs import work_range
from tests.support.builders import OCT
from tests.support.world import World, statements

MANY = 1000
CARD = {
    "amount": "1.00",
    "currency": "USD",
    "valid_from": "2026-01-01T00:00:00Z",
    "valid_until": "2028-01-01T00:00:00Z",
}


def fee(fee_id: str, **more: Any) -> dict[str, Any]:
    plain = {
        "id": fee_id,
        "amount": "3.30",
        "currency": "USD",
        "product": "ECS",
        "incurred_at": "2026-10-15T00:00:00Z",
    }
    return plain | more


# For each type, the data of its events. All of them meet a bill that can be paid in part, so that everything happens.
EVENTS: dict[str, Callable[[str], dict[str, Any]]] = {
    "account_opened": lambda _: {"currency": "USD", "opening_cash": "1.00", "credit_limit": "100.00"},
    "fees": lambda n: {"fees": [fee(f"a{n}"), fee(f"b{n}", product="OSS")]},
    "top_up": lambda _: {"amount": "1.00", "currency": "USD"},
    "refund": lambda _: {"amount": "0.50", "currency": "USD", "cycle": "2026-10"},
    "card_activated": lambda n: CARD | {"card": f"c{n}"},
    "account_changed": lambda _: {"hold": {"reason": "manual"}, "credit_limit": "99.00", "currency": "USD"},
    "transfer": lambda _: {"amount": "0.01", "currency": "USD", "from_account": "bank"},
}


def sent_by(world: World, kind: str, names: list[str]) -> list[str]:
    world.receive(*(world.message(kind, name, **EVENTS[kind](name)) for name in names))
    with statements(world.store) as sent:
        drained = world.drain(accounts=2 * MANY, events=5 * MANY)
    assert (drained.events, drained.refused) == (len(names), 0), world.refused()
    return sent


def test_events_of_every_type_and_the_month_close_cost_the_same_for_one_and_for_a_thousand(world):
    one, many = ["one"], [f"m{n}" for n in range(MANY)]
    world.open("bank", opening_cash="1000.00")
    counts = {}
    for kind in ("account_opened", "fees"):
        counts[kind] = (sent_by(world, kind, one), sent_by(world, kind, many))
    world.tie("bank", *one, *many)
    counts["month_close"] = (closed(world, "one"), closed(world, None))
    for kind in ("top_up", "refund", "card_activated", "account_changed", "transfer"):
        counts[kind] = (sent_by(world, kind, one), sent_by(world, kind, many))
    assert {kind: len(a) for kind, (a, _) in counts.items()} == {
        kind: len(b) for kind, (_, b) in counts.items()
    }
    assert (
        world.one("SELECT count(*) FROM bill WHERE paid_minor > 0 AND cycle = :cycle", cycle=OCT) == MANY + 1
    )
    assert max(len(a) for a, _ in counts.values()) < 40
    assert "COPY" in counts["top_up"][1]
    # The outbox: one statement makes all else of plain accounts.
    assert counts["month_close"][1].count("COPY") == 1


def closed(world: World, only: str | None) -> list[str]:
    """The range of one account, then the range of all the others."""
    world.at("2026-11-02 04:00")
    if only is not None:
        limits = MonthCloseLimits(range_size=1)
        run_id, _ = start_month_close(world.store, OCT, at=world.now, policy=world.policy, limits=limits)
        assert run_id
        # The first account by id is alone in the first range; all the others are put into one.
        with world.store.transaction() as tx:
            tx.execute(text("DELETE FROM run_range WHERE range_no > 2"))
            tx.execute(
                text(
                    "UPDATE run_range SET last_account_id = (SELECT max(id) FROM account) WHERE range_no = 2"
                )
            )
    with statements(world.store) as sent:
        part = work_range(world.store, run_id=None, policy=world.policy, limits=MonthCloseLimits())
    assert part is not None
    assert world.one("SELECT count(*) FROM run_range WHERE state = 'done'") == part.range_no
    return sent

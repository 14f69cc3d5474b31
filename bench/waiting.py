"""From a top-up of the main account to the settlement that waited for it: at rest, and while a month closes."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import Any

import psycopg

from bench.events.doors import Event, event, stream_door
from bench.events.latency import Follower, figures
from bench.events.throughput import EVENT_WORKER
from bench.month_close.data import CYCLE_BEFORE, ISSUED_AT, Mix
from bench.month_close.measure import CLOSING_WORKER, is_done, start_run
from bench.place.place import Place
from bench.place.workers import workers
from settlement.model.policies.policy import Policy
from settlement.operations.inbox.drain import DrainLimits, drain_all
from settlement.operations.inbox.receive import receive_events

# Bills on the list of each settlement; their accounts are spread over the whole run of the month close.
LINES = 5
_PER_S = 10
_WARM_UP = 5
_RANGE_SIZE = 2000
_COMPLETED = """
    SELECT external_id FROM unified_settlement WHERE state = 'completed' AND external_id = ANY(%(ids)s)"""


def measure(place: Place, accounts: int, *, samples: int, seed: int) -> dict[str, Any]:
    """Milliseconds to the booked top-up and to the completed settlement, and their ratio, in both cases."""
    with place.loaded("waiting", accounts, seed=seed, mix=Mix()) as template:
        events = _settlements(place, template, accounts, samples + _WARM_UP)
        place.server.settle_down(template)
        return {
            "accounts": accounts,
            "lines": LINES,
            "idle": _followed(place, template, events, closing=False),
            "month close": _followed(place, template, events, closing=True),
        }


def _settlements(place: Place, name: str, accounts: int, count: int) -> list[Event]:
    """Settlements that run and wait, each of a main account of its own without money. Returns their top-ups."""
    with psycopg.connect(place.server.admin_url(name)) as connection:
        owing = connection.execute(
            """SELECT a.id, a.external_id FROM account a JOIN bill b ON b.account_id = a.id AND b.cycle = %s
               WHERE b.state = 'unsettled' AND b.payable_minor > b.paid_minor AND a.currency = 'USD'
                 AND a.parked_at IS NULL ORDER BY hashint8(a.id) LIMIT %s""",
            [CYCLE_BEFORE, count * LINES],
        ).fetchall()
        if len(owing) < count * LINES:
            raise RuntimeError("too few accounts owe something; take more accounts or fewer samples")
        mains = range(accounts + 1, accounts + 1 + count)
        with connection.cursor() as cursor:
            cursor.executemany(
                "INSERT INTO account (id, external_id, currency, opened_at) VALUES (%s, %s, 'USD', '2026-08-01')",
                [(main, f"main-{main}") for main in mains],
            )
            cursor.executemany(
                """INSERT INTO billing_relationship (id, main_id, member_id, state, requested_at, valid_at)
                   VALUES (%(id)s, %(main)s, %(id)s, 'valid', '2026-08-01', '2026-08-01')""",
                [{"id": row[0], "main": mains[at // LINES]} for at, row in enumerate(owing)],
            )
    with place.store(name) as store:
        for number, main in enumerate(mains):
            members = [row[1] for row in owing[number * LINES : (number + 1) * LINES]]
            listed = {"settlement": _name(main), "accounts": members, "cycles": ["2026-09"]}
            created = event("unified_settlement_created", f"create-{main}", f"main-{main}", listed)
            run = event("unified_settlement_run", f"run-{main}", f"main-{main}", {"settlement": _name(main)})
            receive_events(store, [created, run], ingress="bench")
        done = drain_all(store, clock=lambda: ISSUED_AT, policy=Policy(), limits=DrainLimits())
    if done.refused:
        raise AssertionError("a settlement was not made")
    money = {"currency": "USD", "amount": "100000"}
    return [event("top_up", _name(main), f"main-{main}", money) for main in mains]


def _name(main: int) -> str:
    """A settlement and the event that completes it have the same."""
    return f"wait-{main}"


def _followed(place: Place, template: str, events: Sequence[Event], *, closing: bool) -> dict[str, Any]:
    kind = "month close" if closing else "idle"
    with place.server.database("waiting_run", template=template) as database, ExitStack() as stack:
        url = place.server.worker_url(database)
        environment = place.environment(database, SETTLE_LIMITS__RANGE_SIZE=str(_RANGE_SIZE))
        stack.enter_context(workers(EVENT_WORKER, 1, environment=environment, logs=place.logs))
        if closing:
            stack.enter_context(workers(CLOSING_WORKER, 1, environment=environment, logs=place.logs))
        store = stack.enter_context(place.store(database))
        send = stack.enter_context(stream_door(place, environment))
        booked = stack.enter_context(Follower(url))
        completed = stack.enter_context(Follower(url, found=_COMPLETED))
        advance = stack.enter_context(place.progress.bar(f"settlement that waits, {kind}", len(events)))

        def follow(some: Sequence[Event], go_on: Callable[[], bool] = lambda: True) -> None:
            for one in some:
                if not go_on():
                    break
                booked.sends(one)
                completed.sends(one)
                send([one])
                advance(1)
                if closing:
                    time.sleep(1 / _PER_S)
                else:
                    # At rest is when nothing else is going on.
                    completed.wait()
            booked.wait()
            completed.wait()

        follow(events[:_WARM_UP])
        booked.seconds.clear()
        completed.seconds.clear()
        if closing:
            run_id = start_run(place, store, environment, _RANGE_SIZE)
            follow(events[_WARM_UP:], lambda: not is_done(store, run_id))
        else:
            follow(events[_WARM_UP:])
        found = {"booked": figures(booked.seconds), "completed": figures(completed.seconds)}
        ratio = found["completed"]["p50_ms"] / found["booked"]["p50_ms"]
        return found | {"ratio_p50": round(ratio, 2)}

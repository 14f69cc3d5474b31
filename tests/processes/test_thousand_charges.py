"""A thousand charges at gateways that fail in every way, by workers that are killed, among payers who cannot or do not
pay and accounts that are parked. Rule: R5.4, R5.5, R5.6, R5.7, R11.1, R11.4.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from settlement.operations.parked_accounts import release
from settlement.operations.reports.audit import audit
from settlement.storage.work import test_clock as clock
from tests.support.builders import POLICY
from tests.support.gateways.gatewaysim import GatewaySim, running_gatewaysim
from tests.support.running.processes import PATIENCE_S, Deployment, Process, event, opened, wait_for

ACCOUNTS = 1000
KILLS = 10
PARKED = 8
# What never brings anything, by the tokens of the stand-in; so many accounts of each.
UNPAID = {
    "pm_card_chargeDeclined": 5, "pm_card_chargeDeclinedStolenCard": 5, "pm_card_authenticationRequired": 5,
    "vault_declined": 5, "vault_action": 5,
}  # fmt: skip
START = datetime(2026, 10, 10, 6, 0, tzinfo=UTC)
STRIPE_SECRET, PAYPAL_WEBHOOK = "whsec_sim", "WH-SIM"
SETUP = {
    "SETTLE_TEST_CLOCK": "1",
    "SETTLE_GATEWAYS__STRIPE_KEY": "sk_test_sim",
    "SETTLE_GATEWAYS__STRIPE_WEBHOOK_SECRETS": f'["{STRIPE_SECRET}"]',
    "SETTLE_GATEWAYS__PAYPAL_CLIENT_ID": "sim",
    "SETTLE_GATEWAYS__PAYPAL_SECRET": "sim",
    "SETTLE_GATEWAYS__PAYPAL_WEBHOOK_ID": PAYPAL_WEBHOOK,
    "SETTLE_GATEWAYS__STRIPE_PER_S": "10000",
    "SETTLE_GATEWAYS__PAYPAL_PER_S": "10000",
    "SETTLE_GATEWAYS__TIMEOUT_S": "0.6",
    "SETTLE_COLLECTION__EVERY_S": "0.5",
}


@pytest.fixture(scope="module")
def gatewaysim() -> Iterator[GatewaySim]:
    with running_gatewaysim("--seed", "7", "--fault-rate", "0.2") as sim:
        sim.control("clock", set=START.isoformat())
        sim.control("faults", rate=0.2, timeout_s=0.8, slow_s=0.2, reads=True)
        yield sim


def owed_minor(number: int) -> int:
    """What an account owes: its own amount, above its method's threshold."""
    return (100_000 if number % 2 else 20_000) + number


def customers() -> Iterator[dict[str, Any]]:
    """Odd accounts pay by bank card, even ones by PayPal; every account crosses its threshold with one fee."""
    unpaid = [(f"{token}_{number}") for token, count in UNPAID.items() for number in range(count)]
    for number in range(ACCOUNTS):
        token = "pm_card_visa" if number % 2 else "vault_ok"
        yield from customer(f"a{number}", f"{token}_{number}", owed_minor(number))
        if number % 40 == 0:
            yield from customer(f"u{number}", unpaid.pop(), 123_456)
    assert not unpaid


def customer(name: str, token: str, owed: int) -> Iterator[dict[str, Any]]:
    yield opened(name)
    how: dict[str, Any] = {"kind": "bank_card", "gateway": "stripe", "customer_token": f"cus_{name}"}
    if token.startswith("vault"):
        how = {"kind": "paypal", "gateway": "paypal", "threshold": "150.00", "currency": "USD"}
    yield event("payment_method_added", name, f"method-{name}", method="m", method_token=token, **how)
    fee = {
        "id": f"f-{name}", "amount": f"{owed // 100}.{owed % 100:02}", "currency": "USD", "product": "ECS",
        "incurred_at": "2026-10-09T00:00:00Z",
    }  # fmt: skip
    yield event("fees", name, f"fees-{name}", fees=[fee])


class Times:
    """The clock of the deployment and of the stand-in, moved together."""

    def __init__(self, made: Deployment, sim: GatewaySim) -> None:
        self.made, self.sim, self.now = made, sim, START
        self.move(timedelta(0))

    def move(self, by: timedelta) -> None:
        self.now += by
        self.sim.control("clock", set=self.now.isoformat())
        with self.made.store.transaction() as tx:
            clock.move(tx, self.now)


@contextmanager
def webhooks_from(sim: GatewaySim, url: str) -> Iterator[None]:
    """Half of them twice, all of them shuffled, each up to a second late."""
    habits = {"duplicates": 0.5, "shuffle": True, "delay_s": 1.0}
    sim.control(
        "webhooks",
        stripe={"url": f"{url}/webhooks/stripe", "secret": STRIPE_SECRET, **habits},
        paypal={"url": f"{url}/webhooks/paypal", "secret": PAYPAL_WEBHOOK, **habits},
    )
    yield


def in_flight(made: Deployment) -> int:
    return int(
        made.one(
            "SELECT count(*) FROM charge_attempt WHERE state IN ('waiting', 'sent', 'unknown', 'requires_action')"
        )
    )


def succeeded(made: Deployment) -> int:
    return int(made.one("SELECT count(*) FROM charge_attempt WHERE state = 'succeeded'"))


def kill_again_and_again(made: Deployment, chance: random.Random) -> tuple[Process, list[str]]:
    """Kills a worker at a moment of chance, while the other goes on, and starts another; parks accounts in between.

    Returns a worker that lives, and the names of the parked accounts.
    """
    workers = [collector(made, f"w{number}") for number in range(2)]
    parked: list[str] = []
    for number in range(KILLS):
        time.sleep(chance.random())
        workers.pop(0).kill()
        workers.append(collector(made, f"w{number + 2}"))
        parked += park_some(made, PARKED - len(parked))
    return workers[-1], parked


def park_some(made: Deployment, count: int) -> list[str]:
    """Parks accounts whose charges are anywhere between waiting and known."""
    with made.store.transaction() as tx:
        found = tx.exec_driver_sql(
            """UPDATE account SET parked_at = now(), parked_reason = 'looked into' WHERE id IN
                   (SELECT account_id FROM charge_attempt t JOIN account a ON a.id = t.account_id
                    WHERE t.state IN ('waiting', 'sent', 'unknown', 'requires_action') AND a.parked_at IS NULL
                    ORDER BY t.next_at LIMIT %s)
               RETURNING external_id""",
            (count,),
        )
        return [row[0] for row in found]


def collector(made: Deployment, name: str) -> Process:
    return made.worker(name, "collection", "events", size=4)


def test_every_owed_amount_is_taken_exactly_once(made: Deployment, gatewaysim: GatewaySim) -> None:
    made.extra.update(
        SETUP, SETTLE_GATEWAYS__STRIPE_URL=gatewaysim.url, SETTLE_GATEWAYS__PAYPAL_URL=gatewaysim.url
    )
    times = Times(made, gatewaysim)
    made.beat("beat")
    with made.serving() as url, webhooks_from(gatewaysim, url):
        made.insert(*customers())
        worker, parked = kill_again_and_again(made, random.Random(11))
        settle_down(made, worker)
        assert len(parked) == PARKED
        assert made.one("SELECT count(*) FROM account WHERE parked_at IS NOT NULL") == PARKED
        release(made.store, parked, at=datetime.now(UTC))
        until_nothing_is_in_doubt(made, times, worker)
        wait_for(lambda: not gatewaysim.show()["undelivered"], worker)
        wait_for(lambda: made.one("SELECT count(*) FROM gateway_event WHERE state = 'waiting'") == 0, worker)

    taken_once(made, gatewaysim)
    declined_or_given_up(made)
    told = "SELECT count(*) FROM gateway_event WHERE type IN ('payment_intent.succeeded', 'PAYMENT.CAPTURE.COMPLETED')"
    assert made.one(told) == ACCOUNTS
    report = audit(made.store, at=times.now, policy=POLICY)
    assert report.violations == 0, report
    reconciled(made, times, worker)


def until_nothing_is_in_doubt(made: Deployment, times: Times, worker: Process) -> None:
    """Lets time pass as long as something is in flight; after a day a key is forgotten and the search decides."""
    for by in [timedelta(minutes=3)] * 5 + [timedelta(hours=7)] * 40:
        settle_down(made, worker)
        if succeeded(made) == ACCOUNTS and not in_flight(made):
            return
        times.move(by)
    raise AssertionError(made.rows("SELECT state, reason, count(*) FROM charge_attempt GROUP BY 1, 2"))


def settle_down(made: Deployment, worker: Process) -> None:
    """Waits until nothing moves at this instant: the clock stands still, so what is left waits for time to pass."""
    quiet, last, until = 0, None, time.monotonic() + PATIENCE_S
    while quiet < 3:
        assert worker.popen.poll() is None, worker.log.read_text()[-3000:]
        assert time.monotonic() < until, "it never came to rest"
        time.sleep(0.4)
        state = made.rows(
            "SELECT state, count(*), max(next_at), sum(asks) FROM charge_attempt GROUP BY state ORDER BY state"
        )
        quiet, last = (quiet + 1 if state == last else 0), state


def taken_once(made: Deployment, sim: GatewaySim) -> None:
    """The gateways' own ledger against what is owed, and against what we say."""
    ledger = sim.ledger()
    assert ledger["charged_twice"] == []
    account_of = dict(
        made.rows(
            "SELECT CAST(reference AS text), external_id FROM charge_attempt JOIN account a ON a.id = account_id"
        )
    )
    taken = [(account_of[charge["reference"]], charge["amount_minor"]) for charge in ledger["charges"]]
    assert sorted(taken) == sorted((f"a{number}", owed_minor(number)) for number in range(ACCOUNTS))
    ours = made.rows(
        "SELECT CAST(reference AS text), amount_minor FROM charge_attempt WHERE state = 'succeeded'"
    )
    assert dict(ours) == ledger["by_reference"]
    made_faults = sim.show()["faults"]["made"]
    assert set(made_faults) >= set(sim.show()["kinds"])
    assert any(kind.startswith("read_") for kind in made_faults)
    assert sum(made_faults.values()) > ACCOUNTS * 0.15


def declined_or_given_up(made: Deployment) -> None:
    """Who cannot or does not pay is known to decline, and was charged nothing."""
    found = made.rows(
        """SELECT external_id, declining_since IS NOT NULL, hard,
                  (SELECT array_agg(DISTINCT CAST(state AS text)) FROM charge_attempt t WHERE t.account_id = a.id)
           FROM account a JOIN collecting c ON c.account_id = a.id WHERE external_id LIKE 'u%'"""
    )
    assert len(found) == sum(UNPAID.values())
    assert sum(hard for _, _, hard, _ in found) == UNPAID["pm_card_chargeDeclinedStolenCard"]
    for name, is_declining, _, states in found:
        assert is_declining, name
        assert set(states) <= {"declined", "not_charged"}, (name, states)


def reconciled(made: Deployment, times: Times, worker: Process) -> None:
    """The books are compared when the gateways answer again; a comparison that fails is made again later."""
    times.sim.control("faults", rate=0)
    times.move(timedelta(days=3))
    made.send("tasks.collection.reconcile")
    wait_for(lambda: made.one("SELECT count(*) FROM reconciliation") >= 2, worker)
    assert made.rows("SELECT * FROM reconciliation_difference") == []

"""Acts that race in pairs over one member and its main account: what each does to a deployment, and to the oracle."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from settlement.errors import Unavailable
from settlement.model.cycle import Cycle
from settlement.model.runs import MONTH_CLOSE, SWEEP, RunKind
from settlement.operations.gateway.charges import inquire_about_charges, send_charges
from settlement.operations.gateway.engine import CallLimits
from settlement.operations.gateway.reversals import book_found
from settlement.operations.inbox.drain import drain
from settlement.operations.schedule.month_close import MonthCloseLimits
from settlement.operations.schedule.payments import expire_payments
from settlement.operations.schedule.runs import work_range
from settlement.operations.schedule.unified_settlements import settle_unified
from settlement.storage.store import Store
from settlement.storage.work import runs
from tests.oracle import months, people, unified
from tests.oracle.collection import issue, sweep
from tests.oracle.events import Act, Telling
from tests.oracle.nouns import Reversal
from tests.oracle.oracle import Oracle
from tests.oracle.stage import MEMBER, NOV, Stage
from tests.support.drawn import racing

LIMITS = CallLimits(default_per_s=1_000_000)


@dataclass(frozen=True)
class Racer:
    """`do` does it, and says whether it is done; `tell` tells the oracle, and returns the codes of which one has to be
    the refusal of `event_ids`, none if it has to be done.
    """

    do: racing.Act
    tell: Callable[[Oracle], set[str]]
    event_ids: list[str]


# Makes a racer out of a stage that is set; the same kind may race against itself.
Kind = Callable[[Telling], Racer]


def event(what: Act | Callable[[Telling], Act]) -> Kind:
    """An event, received when its turn comes, and handled as soon as nobody else has its account."""

    def made(told: Telling) -> Racer:
        kind, name, data = what(told) if callable(what) else what
        message = told.world.message(kind, name, **data)
        received: list[str] = []

        def do(store: Store) -> bool:
            if not received:
                received.append(message["event_id"])
                told.world.receive(message)
            try:
                drain(store, at=told.world.now, policy=told.world.policy)
            except Unavailable as error:
                # The one reason for which an event is taken up again. A deadlock is none.
                if "it is taken up again" not in str(error):
                    raise
            return message["event_id"] in told.codes()

        return Racer(do, lambda oracle: oracle.event(kind, name, data), [message["event_id"]])

    return made


def member_says(kind: str, **data: Any) -> Kind:
    return event((kind, MEMBER, data))


def boss_says(kind: str, **data: Any) -> Kind:
    return event((kind, "boss", data))


def a_run(kind: RunKind, of_one: Callable[..., None]) -> Kind:
    """A run over every account, which was begun before. A bill is issued after the sweep of its month: a range that
    finds a sweep under way is done without it, and a tick begins a further one. Rule: R3.6c, R11.8f.
    """

    def made(told: Telling) -> Racer:
        instant = months.issued_at(NOV) if kind == MONTH_CLOSE else months.swept_at(NOV)

        def begun() -> int:
            with told.world.store.transaction() as tx:
                return runs.start(tx, kind, Cycle(NOV), instant, size=1000, beside=True)[0]

        run_id = begun()

        def do(store: Store) -> bool:
            work_range(store, run_id=run_id, policy=told.world.policy, limits=MonthCloseLimits())
            left = told.world.rows(
                "SELECT attempts FROM run_range WHERE run_id = :id AND state <> 'done'", id=run_id
            )
            assert all(attempts == 0 for (attempts,) in left)
            if left or kind != MONTH_CLOSE or not _accrues(told):
                return not left
            begun()
            return False

        def tell(oracle: Oracle) -> set[str]:
            for account in oracle.books.accounts.values():
                of_one(oracle.books, account, NOV)
            return set()

        return Racer(do, tell, [])

    return made


def _accrues(told: Telling) -> bool:
    return bool(told.world.rows("SELECT 1 FROM bill WHERE cycle = :cycle AND state = 'accruing'", cycle=NOV))


def sending(told: Telling) -> Racer:
    """What waits is sent, and no answer arrives although it was taken."""
    gateway = copy.copy(told.gateway)
    gateway.mood = "loses"

    def do(store: Store) -> bool:
        called = send_charges(
            store,
            {gateway.name: gateway},
            clock=lambda: told.world.now,
            policy=told.world.policy,
            limits=LIMITS,
        )
        return called.calls > 0 or not told.world.rows("SELECT 1 FROM charge_attempt WHERE state = 'waiting'")

    def tell(oracle: Oracle) -> set[str]:
        charge, payment = oracle.account(MEMBER).charge_under_way, oracle.account(MEMBER).running_payment
        in_time = payment is None or oracle.books.now < payment.until
        if charge is not None and charge.state == "waiting" and in_time:
            oracle.sent(MEMBER)
            oracle.said(MEMBER, "unknown")
        return set()

    return Racer(do, tell, [])


def asking(mood: str) -> Kind:
    """What is in doubt is asked about."""

    def made(told: Telling) -> Racer:
        gateway = copy.copy(told.gateway)
        gateway.mood = mood
        was_taken = bool(gateway.books)

        def do(store: Store) -> bool:
            inquire_about_charges(
                store,
                {gateway.name: gateway},
                clock=lambda: told.world.now,
                policy=told.world.policy,
                limits=LIMITS,
            )
            due = "SELECT 1 FROM charge_attempt WHERE state IN ('sent', 'unknown') AND sent_at < :now"
            return not told.world.rows(due, now=told.world.now)

        def tell(oracle: Oracle) -> set[str]:
            charge = oracle.account(MEMBER).charge_under_way
            if charge is not None and charge.sent is not None and charge.sent < oracle.books.now:
                is_declined = mood == "declines" and charge.reason == "manual" and not was_taken
                oracle.said(MEMBER, "declined" if is_declined else "taken")
            return set()

        return Racer(do, tell, [])

    return made


def disputing(told: Telling) -> Racer:
    """A dispute of what was taken, if anything was, is read at the gateway, and booked."""
    taken = [
        (reference, charge)
        for reference, charge in told.gateway.charges.items()
        if reference in told.gateway.books
    ]
    if not taken:
        return Racer(lambda _: True, lambda _: set(), [])
    reference, (name, no) = taken[0]
    made = told.gateway.dispute(reference, 60_00, at=told.world.now)

    def do(store: Store) -> bool:
        now, policy = told.world.now, told.world.policy
        return not book_found(store, [made], read_at=now, at=now, policy=policy)

    def tell(oracle: Oracle) -> set[str]:
        charge = oracle.charge(name, no)
        if charge.state == "succeeded":
            seen = Reversal(made.gateway_ref, made.kind, made.state, charge)
            oracle.shown(name, seen, gone=made.amount_minor)
        return set()

    return Racer(do, tell, [])


def expiring(told: Telling) -> Racer:
    """Payments whose lease is over end."""

    def do(store: Store) -> bool:
        expire_payments(store, at=told.world.now, policy=told.world.policy)
        return True

    def tell(oracle: Oracle) -> set[str]:
        for account in oracle.books.accounts.values():
            people.expire(oracle.books, account)
        return set()

    return Racer(do, tell, [])


def going_on(told: Telling) -> Racer:
    """Settlements go on for which there is money."""

    def do(store: Store) -> bool:
        try:
            settle_unified(store, at=told.world.now, policy=told.world.policy)
        except Unavailable as error:
            if "it is taken up again" not in str(error):
                raise
            return False
        return True

    def tell(oracle: Oracle) -> set[str]:
        for settlement in oracle.books.settlements:
            if settlement.state == "running":
                unified.go_on(oracle.books, settlement)
        return set()

    return Racer(do, tell, [])


USD = {"currency": "USD"}
OCT_TEXT = "2026-10"
# By name: what it is, and on which stage it has something to do.
KINDS: Mapping[str, tuple[Kind, Stage]] = {
    "top-up": (member_says("top_up", amount="30.00", **USD), Stage()),
    "top-up of the main account": (boss_says("top_up", amount="60.00", **USD), Stage(listed="running")),
    "fees": (event(lambda told: told.fee(MEMBER, "1100")), Stage("auto, taken", "others only")),
    "a credit": (event(lambda told: told.fee(MEMBER, "-15")), Stage()),
    "refund": (member_says("refund", amount="15.00", cycle=OCT_TEXT, **USD), Stage()),
    "payment from the balance": (
        member_says("bill_payment_requested", payment="p8", cycle="2026-09", amount="5", channel="balance", **USD),
        Stage("none"),
    ),
    "payment by card": (
        member_says(
            "bill_payment_requested", payment="p9", cycle="2026-09", from_balance="5.00", channel="visa", **USD
        ),
        Stage("none"),
    ),
    "cancelling": (member_says("bill_payment_cancelled", payment="p1"), Stage("manual, waiting")),
    "expiry": (expiring, Stage("manual, over")),
    "sending": (sending, Stage("manual, waiting")),
    "sending by itself": (sending, Stage("auto, waiting")),
    "success": (asking("takes"), Stage("manual, lost")),
    "success by itself": (asking("takes"), Stage("auto, lost")),
    "a dispute": (disputing, Stage("auto, taken")),
    "decline": (asking("declines"), Stage("manual, silent")),
    "transfer": (member_says("transfer", amount="10.00", from_account="boss", **USD), Stage()),
    "pull-back": (boss_says("transfer_pulled_back", amount="5.00", from_account=MEMBER, **USD), Stage()),
    "running": (boss_says("unified_settlement_run", settlement="u1"), Stage(listed="draft")),
    "going on": (going_on, Stage(listed="running")),
    "closing": (boss_says("unified_settlement_closed", settlement="u1"), Stage(listed="running")),
    "editing": (
        boss_says("unified_settlement_edited", settlement="u1", bills=[{"account": "x", "cycle": OCT_TEXT}]),
        Stage(listed="draft"),
    ),
    "listing": (
        boss_says("unified_settlement_created", settlement="u2", accounts=["x", MEMBER], cycles=["2026-09"]), Stage()
    ),
    "leaving": (member_says("relationship_ended", other="boss"), Stage()),
    "switching": (member_says("account_changed", auto_write_off=False), Stage(listed="others only")),
    "month close": (a_run(MONTH_CLOSE, issue), Stage(listed="others only")),
    "sweep": (a_run(SWEEP, sweep), Stage("auto, taken", "others only")),
}  # fmt: skip

"""What an event would bring about if it came now: from the plan that books it; nothing is written or locked.

For whoever shows a sum before money moves. What happens between the look and the event may change the outcome, so the
event itself should carry the figures that were shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any, NamedTuple, TypeVar

from settlement.errors import NotFound, Refused
from settlement.events.registry import parse_event
from settlement.model.accounts import AccountId
from settlement.model.changes import Changes
from settlement.model.commands.command import Command, EventHead
from settlement.model.policies.policy import Policy
from settlement.model.rows.plain import PlainPayment
from settlement.model.rows.records import RepaymentRow
from settlement.model.snapshot import Snapshot
from settlement.operations.inbox.scope import scope_of
from settlement.plans.events.plan import plan_events
from settlement.storage.load.snapshot import load
from settlement.storage.sql.read_only import read_only
from settlement.storage.store import Store

K = TypeVar("K")
# Who pays what a main account pays for others, as repayments name it.
UNIFIED = "unified_settlement"


class Probe(NamedTuple):
    """An event that is held against the rules and never sent: the least that an act may be about."""

    event_type: str
    data: Mapping[str, Any]


class Refusal(NamedTuple):
    """Why an event would be refused: the code of the rule, and its sentence."""

    code: str
    reason: str


class Repaid(NamedTuple):
    """What would be paid at once, minor units, and of how many bills."""

    minor: int
    bills: int


class Charged(NamedTuple):
    """A charge that would be started: of which account, over which of its methods, minor units of `currency`."""

    account: str
    method: str
    minor: int
    currency: str


@dataclass(frozen=True, slots=True)
class Preview:
    """The rows that would be written, and the accounts they are about as they stand. Amounts in minor units."""

    changes: Changes
    snapshot: Snapshot

    @property
    def currency(self) -> str:
        """Of what would be paid, since no event moves money between currencies; of an account that it opens, where
        there is none yet.
        """
        opened = (row.currency for row in self.changes.accounts.new)
        return next(chain(opened, (one.account.currency for one in self.snapshot.positions.values())))

    @property
    def repaid(self) -> Repaid:
        """What would be paid of bills at once, whoever pays it."""
        return _repaid([*self.changes.records.repayments, *self.changes.plain_payments.rows])

    @property
    def repaid_by_settlement(self) -> Repaid:
        """The part of it that a unified settlement pays, with its main account's money."""
        rows = [row for row in self.changes.records.repayments if row.initiator == UNIFIED]
        return _repaid([*rows, *self.changes.plain_payments.rows])

    @property
    def repaid_otherwise(self) -> Repaid:
        """The part of it that no unified settlement pays: write-off that follows, with the accounts' own money."""
        return _repaid(row for row in self.changes.records.repayments if row.initiator != UNIFIED)

    @property
    def charged(self) -> list[Charged]:
        """What payment methods would be charged, in the order in which the charges are started."""
        positions = self.snapshot.positions
        # One that the event itself adds is charged at once for what issued bills ask for.
        named: dict[int, str] = {row.id: row.external_id for row in self.changes.methods.new}
        for position in positions.values():
            if position.charges is not None:
                named |= {method.id: method.external_id for method in position.charges.methods}
        started = [row for row in self.changes.charges.new_attempts if row.state == "waiting"]
        owners = [positions[AccountId(row.account_id)].account for row in started]
        return [
            Charged(owner.external_id, named[row.method_id], row.amount_minor, owner.currency)
            for owner, row in zip(owners, started, strict=True)
        ]


def _repaid(rows: Iterable[RepaymentRow | PlainPayment]) -> Repaid:
    paid = list(rows)
    return Repaid(sum(row.amount_minor for row in paid), len({(row.account_id, row.cycle) for row in paid}))


@dataclass(frozen=True, slots=True)
class PaymentParts:
    """What a manual payment takes from where, minor units. `channel` pays what the balance does not."""

    cycle: int
    total_minor: int
    refunds_minor: int
    cash_minor: int
    channel: str

    @property
    def balance_minor(self) -> int:
        """The part from the account's balance: credit refunds and cash."""
        return self.refunds_minor + self.cash_minor

    @property
    def channel_minor(self) -> int:
        """What the payment method is charged."""
        return self.total_minor - self.balance_minor


def preview(
    store: Store, account: str, event_type: str, data: dict[str, Any], *, at: datetime, policy: Policy
) -> Preview:
    """What this event of `account` would do at `at` (UTC).

    Raises:
        NotFound: the account, or another one it names, does not exist.
        Refused: it would be refused, for this reason.
    """
    command = parse_event(EventHead(0, "preview", account, ""), event_type, data)
    with store.transaction() as tx:
        read_only(tx)
        snapshot = load(tx, scope_of(tx, [command], policy), lock=False)
    changes = plan_events(snapshot, commands=[command], at=at, policy=policy)
    (outcome,) = changes.outcomes
    if outcome.reason_code == "unknown_account":
        raise NotFound("unknown_account", f"{outcome.reason}; `settle accounts list` shows all")
    if outcome.state != "done":
        raise Refused(outcome.reason_code or "refused", outcome.reason or "")
    return Preview(changes, snapshot)


def refusals(
    store: Store, account: str, probes: Mapping[K, Sequence[Probe]], *, at: datetime, policy: Policy
) -> dict[K, Refusal | None]:
    """Why each act of `account` would be refused at `at` (UTC), by the plan that would do it: None where one of its
    probes would be done or it has none, else why its last one would not. All are read for at once, planned one by one.
    """
    commands = {
        key: [
            parse_event(EventHead(0, "probe", account, ""), one.event_type, dict(one.data)) for one in of_act
        ]
        for key, of_act in probes.items()
    }
    with store.transaction() as tx:
        read_only(tx)
        every = [command for of_act in commands.values() for command in of_act]
        snapshot = load(tx, scope_of(tx, every, policy), lock=False)
    return {key: _refusal(snapshot, of_act, at, policy) for key, of_act in commands.items()}


def _refusal(snapshot: Snapshot, commands: Sequence[Command], at: datetime, policy: Policy) -> Refusal | None:
    found = None
    for command in commands:
        (outcome,) = plan_events(snapshot, commands=[command], at=at, policy=policy).outcomes
        if outcome.state == "done":
            return None
        found = Refusal(outcome.reason_code or "refused", outcome.reason or "")
    return found


def preview_payment(
    store: Store, account: str, data: dict[str, Any], *, at: datetime, policy: Policy
) -> PaymentParts:
    """What a manual payment (the data of `bill_payment_requested`) would take from refunds, cash and a method.

    Raises:
        NotFound, Refused: as `preview`.
    """
    previewed = preview(store, account, "bill_payment_requested", data, at=at, policy=policy)
    (payment,) = previewed.changes.payments.new
    if payment.attempt_no is None:
        cash = sum(
            line.amount_minor for line in previewed.changes.records.repayment_lines if line.source == "cash"
        )
    else:
        (cash,) = (
            row.held_minor for row in previewed.changes.accounts.values if row.id == payment.account_id
        )
    refunds = payment.balance_minor - cash
    return PaymentParts(payment.cycle, payment.total_minor, refunds, cash, payment.channel)

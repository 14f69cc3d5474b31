"""Short ways to say what an account, a bill or an event is, and what it becomes; pure, for tests of rules and plans."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from settlement.events.registry import parse_event
from settlement.model.accounts import Account, AccountId, WriteOffHold
from settlement.model.bills import Bill, BillLine, BillState
from settlement.model.changes import Changes
from settlement.model.commands.command import Command, EventHead
from settlement.model.cycle import Cycle
from settlement.model.funds import Coupon, CreditRefund, FundPosition, StoredValueCard
from settlement.model.money import EXACT
from settlement.model.policies.policy import Policy
from settlement.model.relationships import Relationship
from settlement.model.rows.accounts import AccountValues
from settlement.model.snapshot import KnownRelationships, Position, RefundPosition, Snapshot
from settlement.plans.bills.issuance import plan_month_close
from settlement.plans.events.plan import plan_events
from settlement.proof.changes import check
from tests.support.applied import charges_after, coupons_after
from tests.support.plain import spelled_out

POLICY = Policy()
OCT, NOV, DEC = Cycle(202610), Cycle(202611), Cycle(202612)
A1, A2 = AccountId(1), AccountId(2)
# Issuance of October: 2 November, 12:00 in Shanghai.
OCT_ISSUED = datetime(2026, 11, 2, 4, tzinfo=UTC)
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
FAR = datetime(2099, 1, 1, tzinfo=UTC)


def utc(text: str) -> datetime:
    """`"2026-11-02 04:00"` as an instant."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def account(account_id: int = 1, **values: Any) -> Account:
    """An account in USD, switch on, without money or limit."""
    plain = Account(
        id=AccountId(account_id), external_id=f"acc-{account_id}", currency="USD", cash_minor=0, credit_limit_minor=0,
        frozen_minor=0, credit_control=False, auto_write_off_enabled=True, write_off_past_bills=False, parked_at=None,
    )  # fmt: skip
    return plain._replace(**values)


def accruing(cycle: int = OCT, accrued: str = "0", carried_in: str = "0", *, account_id: int = 1) -> Bill:
    """A bill not issued yet."""
    return Bill(
        AccountId(account_id), Cycle(cycle), "accruing", Decimal(accrued), Decimal(carried_in), None, 0
    )


def issued(cycle: int = OCT, payable: int = 0, paid: int = 0, *, account_id: int = 1) -> Bill:
    """An issued bill, minor units."""
    state: BillState = "settled" if paid == payable else "unsettled"
    total = Decimal(payable).scaleb(-2)
    return Bill(AccountId(account_id), Cycle(cycle), state, total, Decimal(0), payable, paid)


def line(cycle: int = OCT, accrued: str = "0", **values: Any) -> BillLine:
    """A line of a bill."""
    plain = BillLine(
        account_id=AccountId(1), cycle=Cycle(cycle), product="ECS", order_id="", single_month=True,
        accrued=Decimal(accrued), card_paid_minor=0,
    )  # fmt: skip
    return replace(plain, **values)


def card(card_id: int = 70, balance: int = 1000, **values: Any) -> StoredValueCard:
    """A card for everything, valid for decades."""
    plain = StoredValueCard(
        id=card_id, account_id=AccountId(1), external_id=f"card-{card_id}", balance_minor=balance, valid_from=LONG_AGO,
        valid_until=FAR, products=None, orders=None, granted_at=LONG_AGO,
    )  # fmt: skip
    return replace(plain, **values)


def refund(refund_id: int = 80, remaining: int = 1000, cycle: int = OCT, **values: Any) -> CreditRefund:
    """A credit refund."""
    return replace(CreditRefund(refund_id, AccountId(1), Cycle(cycle), remaining, LONG_AGO), **values)


def position(
    owner: Account | None = None,
    *,
    holds: Sequence[str] = (),
    cards: Sequence[StoredValueCard] = (),
    refunds: Sequence[CreditRefund] = (),
    coupons: Sequence[Coupon] = (),
    refunds_to_methods: RefundPosition | None = None,
    **parts: Any,
) -> Position:
    """An account with its bills, lines, cards, credit refunds, coupons and holds (by reason)."""
    owner = owner or account()
    funds = FundPosition(tuple(cards), tuple(refunds), tuple(coupons))
    return Position(
        owner,
        holds=tuple(WriteOffHold(owner.id, reason, "") for reason in holds),
        funds=funds,
        refunds=refunds_to_methods,
        **parts,
    )


def snapshot(*positions: Position, ties: Sequence[tuple[int, int]] = ()) -> Snapshot:
    """A set, with valid relationships between main accounts and members by their ids."""
    relationships = tuple(
        Relationship(900 + member, AccountId(main), AccountId(member), "valid") for main, member in ties
    )
    return Snapshot(
        {item.account.id: item for item in sorted(positions, key=lambda item: item.account.id)},
        relationships=KnownRelationships(relationships, Counter(main for main, _ in ties)),
    )


def event(
    event_type: str, name: str = "acc-1", /, *, inbox_id: int = 1000, source: str = "test", **data: Any
) -> Command:
    """An accepted event, through the same door as JSON from outside."""
    return parse_event(EventHead(inbox_id, source, name, f"corr-{inbox_id}"), event_type, data)


def top_up(amount: str, name: str = "acc-1", **more: Any) -> Command:
    """A top-up in USD."""
    return event("top_up", name, amount=amount, currency=more.pop("currency", "USD"), **more)


def fee(amount: str, fee_id: str = "f1", **values: Any) -> dict[str, Any]:
    """One fee of a `fees` event, incurred in the middle of October."""
    plain = {"currency": "USD", "product": "ECS", "incurred_at": "2026-10-15T00:00:00Z"}
    return {"id": fee_id, "amount": amount} | plain | values


def book(
    before: Snapshot, *commands: Command, at: datetime = OCT_ISSUED, policy: Policy = POLICY
) -> tuple[Changes, Snapshot]:
    """What the commands change, proved, every row of it spelled out, and what the set is afterwards."""
    changes = plan_events(before, commands=commands, at=at, policy=policy)
    check(changes, before)
    rows = spelled_out(changes, before, at=at)
    check(rows, before)
    return rows, applied(before, rows)


def close(
    before: Snapshot, cycle: Cycle = OCT, *, at: datetime = OCT_ISSUED, policy: Policy = POLICY
) -> tuple[Changes, Snapshot]:
    """What the month close changes, proved, every row of it spelled out, and what the set is afterwards."""
    changes = plan_month_close(
        before, cycle=cycle, cause=f"close:{cycle}", correlation_id="run:1", at=at, policy=policy
    )
    check(changes, before)
    rows = spelled_out(changes, before, at=at)
    check(rows, before)
    return rows, applied(before, rows)


def applied(before: Snapshot, changes: Changes) -> Snapshot:
    """The set after the changes: what storage would load next, computed from the rows alone."""
    positions: dict[AccountId, Position] = dict(before.positions)
    for new in changes.accounts.new:
        owner = account(new.id, external_id=new.external_id, currency=new.currency)
        positions[owner.id] = Position(owner)
    values = {row.id: row for row in changes.accounts.values}
    return Snapshot(
        {
            key: _position_after(before_it, values.get(key), changes)
            for key, before_it in sorted(positions.items())
        },
        {**before.known_fees, **{(row.account_id, row.fee_key): row.amount for row in changes.bills.fees}},
        before.known_cards
        | {
            (new.fund.account_id, new.fund.external_id)
            for new in changes.funds.new.get("card", ())
            if isinstance(new.fund, StoredValueCard)
        },
        relationships=before.relationships,
        payments=before.payments,
        unified_settlements=before.unified_settlements,
    )


def _position_after(before: Position, values: AccountValues | None, changes: Changes) -> Position:
    owner = before.account
    if values is not None:
        owner = owner._replace(
            cash_minor=values.cash_minor, credit_limit_minor=values.credit_limit_minor,
            frozen_minor=values.frozen_minor, credit_control=values.credit_control,
            auto_write_off_enabled=values.auto_write_off_enabled, write_off_past_bills=values.write_off_past_bills,
            transferred_in_minor=values.transferred_in_minor, returnable_minor=values.returnable_minor,
            held_minor=values.held_minor,
        )  # fmt: skip
    return Position(
        owner,
        bills=_bills_after(before, owner, changes),
        lines=_lines_after(before, owner, changes),
        funds=FundPosition(
            _cards_after(before, owner, changes),
            _credit_refunds_after(before, owner, changes),
            coupons_after(before, changes),
        ),
        holds=_holds_after(before, owner, changes),
        terms=before.terms,
        watch=before.watch,
        charges=charges_after(before, changes),
    )


def _bills_after(before: Position, owner: Account, changes: Changes) -> list[Bill]:
    bills = {bill.cycle: bill for bill in before.bills}
    for row in changes.bills.accruals:
        if row.account_id == owner.id:
            cycle = Cycle(row.cycle)
            known = bills.get(cycle) or accruing(cycle, account_id=owner.id)
            bills[cycle] = known._replace(
                accrued=EXACT.add(known.accrued, row.accrued),
                carried_in=EXACT.add(known.carried_in, row.carried_in),
            )
    for done in changes.bills.issued:
        if done.account_id == owner.id:
            bills[Cycle(done.cycle)] = bills[Cycle(done.cycle)]._replace(
                state=done.state,
                payable_minor=done.payable_minor,
                paid_minor=done.paid_minor,
            )
    for paid in changes.bills.paid:
        if paid.account_id == owner.id:
            bills[Cycle(paid.cycle)] = bills[Cycle(paid.cycle)]._replace(
                state=paid.state, paid_minor=paid.paid_minor, reserved_minor=paid.reserved_minor
            )
    return [bills[cycle] for cycle in sorted(bills)]


def _lines_after(before: Position, owner: Account, changes: Changes) -> list[BillLine]:
    lines = {(item.cycle, item.product, item.order_id, item.single_month): item for item in before.lines}
    for row in changes.bills.line_accruals:
        if row.account_id == owner.id:
            key = (Cycle(row.cycle), row.product, row.order_id, row.single_month)
            known = lines.get(key) or BillLine(owner.id, *key, Decimal(0), 0)
            lines[key] = replace(known, accrued=EXACT.add(known.accrued, row.accrued))
    for paid in changes.bills.lines_paid:
        if paid.account_id == owner.id:
            key = (Cycle(paid.cycle), paid.product, paid.order_id, paid.single_month)
            lines[key] = replace(lines[key], card_paid_minor=paid.card_paid_minor)
    return [lines[key] for key in sorted(lines)]


def _cards_after(before: Position, owner: Account, changes: Changes) -> list[StoredValueCard]:
    left = {row.id: row.balance_minor for row in changes.funds.values.get("card", ())}
    cards = [
        replace(item, balance_minor=left.get(item.id, item.balance_minor)) for item in before.funds.cards
    ]
    cards.extend(
        replace(new.fund, balance_minor=new.balance_minor)
        for new in changes.funds.new.get("card", ())
        if isinstance(new.fund, StoredValueCard) and new.fund.account_id == owner.id
    )
    return [item for item in cards if item.balance_minor]


def _credit_refunds_after(before: Position, owner: Account, changes: Changes) -> list[CreditRefund]:
    left = {row.id: row.balance_minor for row in changes.funds.values.get("refund", ())}
    refunds = [
        replace(item, remaining_minor=left.get(item.id, item.remaining_minor))
        for item in before.funds.credit_refunds
    ]
    refunds.extend(
        replace(new.fund, remaining_minor=new.balance_minor)
        for new in changes.funds.new.get("refund", ())
        if isinstance(new.fund, CreditRefund) and new.fund.account_id == owner.id
    )
    return [item for item in refunds if item.remaining_minor]


def _holds_after(before: Position, owner: Account, changes: Changes) -> list[WriteOffHold]:
    holds = {(hold.reason, hold.ref) for hold in before.holds}
    for row in changes.accounts.holds:
        if row.account_id == owner.id:
            (holds.add if row.is_set else holds.discard)((row.reason, row.ref))
    return [WriteOffHold(owner.id, reason, ref) for reason, ref in sorted(holds)]

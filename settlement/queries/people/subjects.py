"""How what an act is about stands, in words: read before it and after it, so that both are kept with the act."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from sqlalchemy import Connection

from settlement.errors import NotFound, Refused
from settlement.model.cycle import parse_cycle
from settlement.model.money import money_text
from settlement.queries import (
    accounts,
    bills,
    charges,
    funds,
    inbox,
    methods,
    quarantine,
    refunds,
    relationships,
    runs,
    unified_settlements,
)
from settlement.queries.accounts import HoldView
from settlement.queries.programs import senders, webhooks

Pairs = Iterator[tuple[str, str]]


def figures_of_subject(tx: Connection, account: str | None, details: Mapping[str, Any]) -> dict[str, str]:
    """Figures and states by their names: of the account, and of whatever `details` name. What there is none of is left
    out, also where it only comes to be by the act.
    """
    found: dict[str, str] = {}
    if account is not None:
        found |= _known(lambda: _account(tx, account))
        if "cycle" in details:
            found |= _known(lambda: _bill(tx, account, str(details["cycle"])))
        if "settlement" in details:
            found |= _known(lambda: _settlement(tx, account, str(details["settlement"])))
    for name, read in _OTHERS.items():
        if name in details:
            found |= _known(lambda read=read, value=details[name]: read(tx, value))  # type: ignore[misc]
    return found


def _known(read: Callable[[], Pairs]) -> dict[str, str]:
    """What is read; nothing of what there is not, or what makes no sense and is refused as that."""
    try:
        return dict(read())
    except (NotFound, Refused):
        return {}


def _account(tx: Connection, name: str) -> Pairs:
    found = accounts.account(tx, name)
    amounts = {
        "cash": found.cash_minor, "credit limit": found.credit_limit_minor, "frozen by operators": found.frozen_minor,
        "outstanding": found.outstanding_minor, "set aside for payments": found.held_minor,
        "low credit line": found.low_credit_line_minor,
    }  # fmt: skip
    for what, minor in amounts.items():
        if minor is not None:
            yield what, money_text(minor, found.currency)
    yield "automatic write-off", _yes(found.auto_write_off_enabled)
    yield "refunds pay past bills", _yes(found.write_off_past_bills)
    yield "credit control", _yes(found.credit_control)
    yield "parked", _yes(found.parked_at is not None)
    yield "holds", ", ".join(_hold(one) for one in accounts.holds(tx, found.id)) or "none"
    for kind, stored in funds.of_account(tx, found.id).by_kind():
        yield kind.titles, money_text(sum(one.balance_minor for one in stored), found.currency)
    yield "payment methods", ", ".join(one.name for one in methods.methods(tx, found.id)) or "none"
    main = relationships.membership(tx, found.id)
    yield "main account", "none" if main.main is None else f"{main.main}, {main.state}"


def _bill(tx: Connection, account: str, cycle: str) -> Pairs:
    found = bills.bill(tx, account, parse_cycle(cycle))
    yield "bill", found.state
    yield "paid of the bill", money_text(found.paid_minor, found.currency)


def _settlement(tx: Connection, main: str, name: str) -> Pairs:
    found = unified_settlements.settlement(tx, main, name)
    yield "settlement", "deleted" if found.deleted_at is not None else found.state
    yield "bills on its list", str(found.bills)
    yield "left to pay of it", money_text(found.outstanding_minor, found.currency)


def _run(tx: Connection, number: Any) -> Pairs:
    yield "run", runs.run(tx, int(number)).state


def _event(tx: Connection, number: Any) -> Pairs:
    found = inbox.row(tx, int(number))
    yield "event", "dismissed" if found.dismissed_at is not None else found.state


def _message(tx: Connection, number: Any) -> Pairs:
    yield "message", quarantine.row(tx, int(number)).state


def _endpoint(tx: Connection, name: Any) -> Pairs:
    yield "deliveries", "go on" if webhooks.endpoint(tx, str(name)).paused_at is None else "paused"


def _key(tx: Connection, name: Any) -> Pairs:
    yield "key", "opens the API" if senders.key(tx, str(name)).revoked_at is None else "revoked"


def _sender(tx: Connection, source: Any) -> Pairs:
    found = senders.sender(tx, str(source))
    yield "sender", "known" if found.ended_at is None else "ended"
    yield (
        "types that it may send",
        "every type" if found.event_types is None else ", ".join(found.event_types),
    )
    yield (
        "accounts that it may name",
        "every account" if found.accounts is None else ", ".join(found.accounts),
    )


def _reference(tx: Connection, reference: Any) -> Pairs:
    try:
        yield "charge", charges.charge(tx, str(reference)).state
    except NotFound:
        yield "refund", refunds.refund(tx, str(reference)).state


# By the name under which the details of an act say it.
_OTHERS: Mapping[str, Callable[[Connection, Any], Pairs]] = {
    "run": _run, "event": _event, "message": _message, "endpoint": _endpoint, "key": _key, "source": _sender,
    "reference": _reference,
}  # fmt: skip


def _hold(hold: HoldView) -> str:
    """What holds it, by the name that people gave."""
    return f"{hold.reason.replace('_', ' ')} {hold.name}".strip()


def _yes(value: bool) -> str:
    return "on" if value else "off"

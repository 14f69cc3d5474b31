"""What may be done with a thing, and of what may not be done why: by the rules that would refuse it. Rule: R14.2."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from interfaces.fields.values import words
from interfaces.http.console.actions import ACCOUNT_ACTIONS, SETTLEMENT_ACTIONS, Action
from interfaces.http.console.context import Console, Visitor
from interfaces.http.console.paths import account_path
from interfaces.http.console.remedies import without_events
from interfaces.objects.accounts import AccountDetails
from settlement.model.cycle import cycle_of, cycle_text
from settlement.model.instants import instant_text
from settlement.model.money import decimal_text
from settlement.model.payments import BALANCE
from settlement.model.policies.users import Permission
from settlement.operations.inbox.preview import Probe, Refusal, refusals
from settlement.queries import payments, relationships
from settlement.queries.bills import BillView
from settlement.queries.methods import MethodView
from settlement.queries.payments import PaymentView
from settlement.queries.relationships import RelationshipView

if TYPE_CHECKING:
    from sqlalchemy import Connection

Data = Mapping[str, Any]
# Of more members than that none is looked for from whom money may be pulled back: the form says it then.
_MOST_MEMBERS = 50
_CODE = re.compile(r"'[a-z]+(?:_[a-z]+)+'")
_TRIED = re.compile(r", not \S+ [A-Z]{3}$")
_ROLES: Mapping[Permission, str] = {"money": "moves no money", "operate": "operates nothing"}


class Offer(NamedTuple):
    """An act on a page. `path`: of its form; `why`: a sentence that says why it cannot be done now, else empty."""

    title: str
    path: str
    why: str = ""


def role_reason(visitor: Visitor, permission: Permission) -> str:
    """Why somebody of this role may not; empty where they may."""
    if visitor.may(permission):
        return ""
    return f"Your role, {visitor.session.role}, {_ROLES.get(permission, 'administers nothing')}."


def as_sentence(reason: str) -> str:
    """A reason of the rules as a sentence for people, without the sum that was tried."""
    text = _CODE.sub(lambda found: words(found[0]), _TRIED.sub("", without_events(reason)))
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith('.') else '.'}"


async def account_offers(console: Console, found: AccountDetails, at: datetime) -> dict[str, list[Offer]]:
    """What may be done with an account at `at` (UTC), in its groups. `found`: as it stands."""
    name = found.account.external_id
    known = await console.api.read(lambda tx: _known(tx, found))
    tries = _Tries(known, at, cycle_text(cycle_of(at, console.api.runtime.policy.zone)))
    tried = [(action, tries.of(action)) for of_group in ACCOUNT_ACTIONS.values() for action in of_group]
    whys = {action.id: why for action, why in tried if isinstance(why, str)}
    probes = {
        action.id: [one if isinstance(one, Probe) else Probe(action.event, one) for one in least]
        for action, least in tried
        if not isinstance(least, str)
    }
    refused = await _refusals(console, name, probes, at)
    whys |= {action: as_sentence(one.reason) for action, one in refused.items() if one is not None}
    return {
        group: [
            Offer(action.title, f"{account_path(name)}/do/{action.id}", whys.get(action.id, ""))
            for action in of_group
        ]
        for group, of_group in ACCOUNT_ACTIONS.items()
    }


async def settlement_whys(console: Console, main: str, name: str, listed: Data) -> dict[str, str]:
    """Why each act on a unified settlement would be refused, by the act; those that would not be are left out.
    `listed`: what its list would be edited to.
    """
    at = await console.api.in_thread(console.api.runtime.as_of)
    probes = {
        action.id: [
            Probe(action.event, {"settlement": name, **(listed if action.id == "edit-settlement" else {})})
        ]
        for action in SETTLEMENT_ACTIONS
    }
    refused = await _refusals(console, main, probes, at)
    return {action: as_sentence(found.reason) for action, found in refused.items() if found is not None}


async def pay_why(console: Console, bill: BillView, known: Sequence[MethodView], at: datetime) -> str:
    """Why a bill cannot be paid by hand at `at` (UTC), neither in part from the balance nor by a payment method of its
    account, of which these are `known`; empty where it can.

    That a gateway does not take all of it at once is for the form to say.
    """
    base = {"payment": _unused(), "cycle": cycle_text(bill.cycle), "currency": bill.currency}
    least = {"amount": decimal_text(1, bill.currency), "channel": BALANCE}
    channels = {row.name: base | {"channel": row.name} for row in known if row.kind != "bank_transfer"}
    probes = {
        channel: [Probe("bill_payment_requested", data)]
        for channel, data in {**channels, BALANCE: base | least}.items()
    }
    refused = await _refusals(console, bill.account, probes, at)
    if any(one is None or one.code == "not_chargeable" for one in refused.values()):
        return ""
    last = refused[BALANCE]
    return "" if last is None else as_sentence(last.reason)


async def _refusals(
    console: Console, account: str, probes: Mapping[str, Sequence[Probe]], at: datetime
) -> dict[str, Refusal | None]:
    runtime = console.api.runtime
    return await console.api.in_thread(
        lambda: refusals(runtime.store, account, probes, at=at, policy=runtime.policy)
    )


@dataclass(frozen=True, slots=True)
class _Known:
    """What of an account decides what its acts may be about."""

    details: AccountDetails
    ties: Sequence[RelationshipView]
    running: Sequence[PaymentView]


def _known(tx: Connection, details: AccountDetails) -> _Known:
    name = details.account.external_id
    return _Known(
        details,
        relationships.relationships(tx, limit=_MOST_MEMBERS + 1, account=name, states=["pending", "valid"]),
        payments.payments(tx, limit=1, account=name, state="running"),
    )


def _unused() -> str:
    """A name that nothing has."""
    return f"probe-{secrets.token_hex(8)}"


class _Tries:
    """For each act of an account the least that it may be about, or in words why there is nothing."""

    def __init__(self, known: _Known, at: datetime, cycle: str) -> None:
        self._known = known
        self._cycle = cycle
        account = known.details.account
        self._least = {"amount": decimal_text(1, account.currency), "currency": account.currency}
        self._valid = {
            "valid_from": instant_text(at),
            "valid_until": instant_text(at + timedelta(days=1)),
        }

    def of(self, action: Action) -> Sequence[Data | Probe] | str:
        """Data of the event of which one has to be taken; or why nothing can be given."""
        named = {name: _unused() for name in ([action.named] if action.named else [])}
        match action.id:
            case "top-up" | "refund":
                return [self._least]
            case "card":
                return [{**self._least, **self._valid, **named}]
            case "coupon":
                return [{**self._least, **self._valid, **named, "kind": "amount_off"}]
            case "method":
                return [{**named, "kind": "bank_transfer"}]
            case "product":
                return [{"product": _unused()}]
            case "term":
                return [{"from_cycle": self._cycle, "period_days": 1}]
            case "cancel-payment":
                running = self._known.running
                return [{"payment": running[0].name}] if running else "No payment by hand is in progress."
            case "end-low-credit-watch" if self._known.details.account.low_credit_line_minor is None:
                return "Its available credit is not watched."
            case "release":
                return self._release()
            case "transfer" | "pull-back" | "relationship" | "accept" | "end-relationship":
                return self._of_relationship(action.id)
            case _:
                return [self._as_it_is]

    @property
    def _as_it_is(self) -> Data:
        return {"auto_write_off": self._known.details.account.auto_write_off_enabled}

    def _release(self) -> Sequence[Data | Probe] | str:
        holds = [{"release": {"reason": one.reason, "ref": one.ref}} for one in self._known.details.holds]
        return holds or "Nothing holds its automatic write-off."

    def _of_relationship(self, action: str) -> Sequence[Data | Probe] | str:
        details = self._known.details
        main, state = details.membership.main, details.membership.state
        own = [tie for tie in self._known.ties if tie.main == details.account.external_id]
        match action:
            case "transfer" if main is None:
                return "It has no main account."
            case "transfer" if state != "valid":
                return f"It has not accepted {main} as its main account."
            case "transfer":
                return [{**self._least, "from_account": main}]
            case "accept":
                return [{"main": main}] if main is not None else "No main account has invited it."
            case "relationship":
                if main is not None:
                    return f"It is related to the main account {main} itself, and a member has no members."
                # Whom it invites nobody knows; what stops all of its events stops that too.
                return [Probe("account_changed", self._as_it_is)]
            case "end-relationship":
                others = [main] if main is not None else [tie.member for tie in own[:1]]
                return [{"other": other} for other in others] or "It has no main account and no members."
            case _:
                return self._pull_back(own)

    def _pull_back(self, own: Sequence[RelationshipView]) -> Sequence[Data | Probe] | str:
        members = [tie.member for tie in own if tie.state == "valid"]
        if len(self._known.ties) > _MOST_MEMBERS:
            return []
        return [{**self._least, "from_account": member} for member in members] or "It has no members."

"""Acts that move money: what each would come to now, by the plan that books it, and how it is carried out.

What was shown is compared with what would follow when it is sent, so nobody confirms one sum and moves another.
Rule: R14.2.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from interfaces.fields.runs import paid
from interfaces.fields.values import Money, counted, words
from interfaces.http.console.context import Console
from interfaces.http.console.doing import perform
from interfaces.http.console.paths import bill_path, charge_path, event_path, refund_path, settlement_path
from interfaces.http.console.sending import previewed, send
from settlement.model.report import Report
from settlement.operations.gateway.charge_resolution import resolve_charge
from settlement.operations.gateway.refund_resolution import resolve_refund
from settlement.operations.inbox.preview import Preview
from settlement.operations.users import Session

_MONEY_IN = frozenset({"top_up"})
CHANGED = "The figures have changed since. Check the new ones."
Resolve = Callable[..., Report]
# Acts that are no event: what an operator finds at a gateway. With the page of what each is about.
RESOLUTIONS: dict[str, tuple[Callable[[str], str], Resolve]] = {
    "resolve_charge": (charge_path, resolve_charge),
    "resolve_refund": (refund_path, resolve_refund),
}


class Figure(NamedTuple):
    """Something that follows at once, with its sum."""

    what: str
    sum: Money


@dataclass(frozen=True, slots=True)
class MoneyAct:
    """An act. `action`: the type of the event that it becomes, or one of `RESOLUTIONS`; `data`: of the event, or of
    what is resolved its `reference` and the `gateway_ref` under which it was found, None where it was not. `moves`: the
    sum that it is about, beside what follows; None where it is about none.
    """

    action: str
    account: str
    data: dict[str, Any]
    moves: Money | None = None

    @property
    def is_event(self) -> bool:
        """Does it become an event."""
        return self.action not in RESOLUTIONS

    @property
    def compares(self) -> bool:
        """Is what would follow held against what was shown: not where money comes in, whatever follows."""
        return self.action not in _MONEY_IN


async def figures_of(console: Console, act: MoneyAct) -> list[Figure]:
    """What would follow at once.

    Raises:
        NotFound, Refused: it would be refused.
    """
    if act.is_event:
        return effects(await previewed(console, act.account, act.action, act.data))
    report = await console.api.in_thread(lambda: _resolve(console, act, dry_run=True))
    return [
        Figure(f"pays bills from {words(row.source)}", Money(row.amount_minor, row.currency))
        for row in paid(report)
    ]


async def carry_out(
    console: Console,
    who: Session,
    act: MoneyAct,
    *,
    form_id: str,
    reason: str,
    approved_by: str | None = None,
) -> str:
    """Does it in somebody's name, or finds that this form did it before. The path of the page that shows what
    became of it.

    Raises:
        Problem, Refused: as `send` and `perform`.
    """
    if act.is_event:
        row = await send(
            console, who, event_id=form_id, account=act.account, event_type=act.action, data=act.data,
            reason=reason[:500], approved_by=approved_by,
        )  # fmt: skip
        if act.action == "bill_payment_requested" and row.state == "done":
            return bill_path(act.account, act.data["cycle"])
        if act.action.startswith("unified_settlement") and row.state == "done":
            return settlement_path(act.account, act.data["settlement"])
        return event_path(row.id)
    path, _ = RESOLUTIONS[act.action]
    await perform(
        console, who, lambda: _resolve(console, act), form_id=form_id, action=act.action, account=act.account,
        reason=reason, details=act.data, approved_by=approved_by, again=True,
    )  # fmt: skip
    return path(act.data["reference"])


def _resolve(console: Console, act: MoneyAct, *, dry_run: bool = False) -> Report:
    runtime, data = console.api.runtime, act.data
    _, resolve = RESOLUTIONS[act.action]
    return resolve(
        runtime.store, data["reference"], gateway_ref=data["gateway_ref"], at=runtime.now(), policy=runtime.policy,
        dry_run=dry_run,
    )  # fmt: skip


def effects(preview: Preview) -> list[Figure]:
    """What an event would bring about at once: bills paid, methods charged."""
    found = [
        Figure(f"charged to {row.method} of {row.account}", Money(row.minor, row.currency))
        for row in preview.charged
    ]
    if preview.repaid.minor:
        what = f"pays {counted(preview.repaid.bills, 'bill')} at once"
        found.insert(0, Figure(what, Money(preview.repaid.minor, preview.currency)))
    return found


def fingerprint(figures: Sequence[Figure]) -> str:
    """What a form carries of the figures that it shows."""
    text = json.dumps(as_plain(figures))
    return hashlib.sha256(text.encode()).hexdigest()


def as_plain(figures: Sequence[Figure]) -> list[list[Any]]:
    """Figures as they are kept."""
    return [[one.what, one.sum.minor, one.sum.currency] for one in figures]


def from_plain(kept: Sequence[Sequence[Any]]) -> list[Figure]:
    """The inverse of `as_plain`."""
    return [Figure(what, Money(minor, currency)) for what, minor, currency in kept]

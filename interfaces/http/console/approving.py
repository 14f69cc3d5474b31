"""Acts that move more than one person may: they wait for a second one. Rule: R14.5."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from interfaces.fields.values import Money
from interfaces.http.console.context import Console, Visitor
from interfaces.http.console.money_acts import Figure, MoneyAct, as_plain, carry_out
from interfaces.http.console.paths import request_path
from interfaces.http.console.sending import check_form_id
from settlement.events.inbound.fields import amount_or_zero
from settlement.model.policies.approvals import NewRequest
from settlement.operations.approvals import request_approval


async def deliver(
    console: Console, visitor: Visitor, act: MoneyAct, figures: Sequence[Figure], *, form_id: str, reason: str
) -> str:
    """Carries an act out, or keeps it for a second person. The path of the page that shows what became of it.

    Raises:
        Problem, Refused: as `carry_out`.
    """
    who, moved = visitor.session, moved_by(act, figures)
    if moved is None or not needs_second(console, moved):
        return await carry_out(console, who, act, form_id=form_id, reason=reason)
    check_form_id(form_id)
    new = NewRequest(
        form_id, who.name, who.role, act.action, act.account, act.data, reason[:500] or None, moved.minor,
        moved.currency, as_plain(figures),
    )  # fmt: skip
    runtime = console.api.runtime
    lasts = timedelta(hours=runtime.settings.console.approval_hours)
    number = await console.api.in_thread(lambda: request_approval(runtime.store, new, lasts=lasts))
    return request_path(number)


def moved_by(act: MoneyAct, figures: Sequence[Figure]) -> Money | None:
    """What an act moves: the sum that it is about, or what follows at once where that is more."""
    sums = [figure.sum for figure in figures]
    followed = [Money(sum(one.minor for one in sums), sums[0].currency)] if sums else []
    return max([*followed, *([act.moves] if act.moves else [])], key=lambda one: one.minor, default=None)


def needs_second(console: Console, moved: Money) -> bool:
    """Is that more than one person may move at once."""
    most = console.api.runtime.settings.console.second_person_above.get(moved.currency)
    return most is not None and moved.minor > amount_or_zero(most, moved.currency)

"""Acts of people: what one would bring about is shown first, then it is told as an event like any other."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from interfaces.cli.confirmation import confirm
from interfaces.cli.single_event import tell, told_before
from interfaces.fields.values import amount_text, counted

if TYPE_CHECKING:
    from settlement.operations.inbox.preview import Preview, Repaid
    from worker.runtime import Runtime

# What to say before it happens; nothing where no money moves.
Says = Callable[["Preview"], str | None]
# As many charges are named one by one; of more, the sum and their number are said.
NAMED_CHARGES = 3


def act(
    runtime: Runtime,
    account: str,
    event_type: str,
    data: dict[str, Any],
    *,
    event_id: str | None,
    yes: bool,
    says: Says,
) -> None:
    """Asks what the event would do, asks the person where money would move, and tells it.

    A command repeated with its key asks nothing: what it does was done, and telling it again changes nothing.

    Raises:
        NotFound, Refused: the event would be refused; then it is not sent.
        CommandFailed: not confirmed, or as `tell`.
    """
    from settlement.operations.inbox.preview import preview

    if told_before(runtime, event_id) is None:
        looked = preview(runtime.store, account, event_type, data, at=runtime.now(), policy=runtime.policy)
        sentence = says(looked)
        if sentence is not None:
            confirm(sentence, yes=yes)
    tell(runtime, account, event_type, data, event_id=event_id)


def paid_text(repaid: Repaid, currency: str) -> str:
    """What would be paid, as the end of a sentence."""
    return f"{amount_text(repaid.minor, currency)} of {counted(repaid.bills, 'bill')}"


def charges_said(looked: Preview, currency: str) -> list[str]:
    """What payment methods would be charged, as a part of a sentence; nothing where none would be."""
    charged = looked.charged
    if not charged:
        return []
    begins = f"{amount_text(sum(row.minor for row in charged), currency)} will be charged"
    if len(charged) == 1:
        return [f"{begins} to {charged[0].method} of {charged[0].account}"]
    if len(charged) > NAMED_CHARGES:
        return [f"{begins} to {counted(len(charged), 'payment method')}"]
    each = ", ".join(
        f"{amount_text(row.minor, currency)} to {row.method} of {row.account}" for row in charged
    )
    return [f"{begins}: {each}"]


def write_off_said(repaid: Repaid, currency: str) -> list[str]:
    """What automatic write-off would pay, as a part of a sentence; nothing where it pays nothing."""
    return [f"automatic write-off then pays {paid_text(repaid, currency)} at once"] if repaid.minor else []


def says_write_off(what: str, currency: str) -> Says:
    """For acts that move money only by the write-off and collecting that follow them. `what` is what is done."""

    def says(looked: Preview) -> str | None:
        follows = [*write_off_said(looked.repaid, currency), *charges_said(looked, currency)]
        return "; ".join([what, *follows]) if follows else None

    return says

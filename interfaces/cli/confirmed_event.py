"""Events that move money: what one would bring about is previewed and confirmed before it is sent."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from interfaces.cli.confirmation import confirm
from interfaces.cli.single_event import send_event, sent_before
from interfaces.fields.values import amount_text, counted

if TYPE_CHECKING:
    from settlement.operations.inbox.preview import Preview, Repaid
    from worker.runtime import Runtime

# What a person is asked to confirm; nothing where no money moves.
Question = Callable[["Preview"], str | None]
# As many charges are named one by one; of more, the sum and their number are given.
NAMED_CHARGES = 3


def confirm_and_send(
    runtime: Runtime,
    account: str,
    event_type: str,
    data: dict[str, Any],
    *,
    event_id: str | None,
    yes: bool,
    question: Question,
) -> None:
    """Previews the event, has a person confirm it where money would move, and sends it.

    A command repeated with its key needs no confirmation: what it does was done, and sending it again changes nothing.

    Raises:
        NotFound, Refused: the event would be refused; then it is not sent.
        CommandFailed: not confirmed, or as `send_event`.
    """
    from settlement.operations.inbox.preview import preview

    if sent_before(runtime, event_id) is None:
        effects = preview(runtime.store, account, event_type, data, at=runtime.now(), policy=runtime.policy)
        sentence = question(effects)
        if sentence is not None:
            confirm(sentence, yes=yes)
    send_event(runtime, account, event_type, data, event_id=event_id)


def paid_text(repaid: Repaid, currency: str) -> str:
    """What would be paid, as the end of a sentence."""
    return f"{amount_text(repaid.minor, currency)} of {counted(repaid.bills, 'bill')}"


def charge_clauses(effects: Preview, currency: str) -> list[str]:
    """What payment methods would be charged, as a part of a sentence; nothing where none would be."""
    charged = effects.charged
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


def write_off_clauses(repaid: Repaid, currency: str) -> list[str]:
    """What automatic write-off would pay, as a part of a sentence; nothing where it pays nothing."""
    return [f"automatic write-off then pays {paid_text(repaid, currency)} at once"] if repaid.minor else []


def write_off_question(what: str, currency: str, *, always: bool = False) -> Question:
    """For commands that move money only by the write-off and collecting that follow them, and for those that `always`
    move some. `what` is what is done.
    """

    def question(effects: Preview) -> str | None:
        follows = [*write_off_clauses(effects.repaid, currency), *charge_clauses(effects, currency)]
        return "; ".join([what, *follows]) if follows or always else None

    return question

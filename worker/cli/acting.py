"""Acts of people: what one would bring about is shown first, then it is told as an event like any other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from settlement.operations.preview import Preview, preview
from worker.cli.confirming import confirm
from worker.cli.figures import counted, shown
from worker.cli.telling import tell, told_before
from worker.runtime import Runtime

# What to say before it happens; nothing where no money moves.
Says = Callable[[Preview], str | None]


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
    if told_before(runtime, event_id) is None:
        looked = preview(runtime.store, account, event_type, data, at=runtime.now(), policy=runtime.policy)
        sentence = says(looked)
        if sentence is not None:
            confirm(sentence, yes=yes)
    tell(runtime, account, event_type, data, event_id=event_id)


def paid_at_once(looked: Preview, currency: str) -> str:
    """What would be paid at once, as the end of a sentence."""
    return f"{shown(looked.repaid_minor, currency)} of {counted(looked.bills, 'bill')}"


def says_write_off(what: str, currency: str) -> Says:
    """For acts that move money only by the write-off that follows them. `what` is what is done."""

    def says(looked: Preview) -> str | None:
        if not looked.repaid_minor:
            return None
        return f"{what}; automatic write-off then pays {paid_at_once(looked, currency)} at once"

    return says

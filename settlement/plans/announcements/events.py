"""Announcements about events that were booked. Rule: R13.1."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from settlement.model.accounts import AccountId
from settlement.model.announcements.facts import DoneFacts
from settlement.model.announcements.topics import announcement
from settlement.model.commands.command import Command
from settlement.model.cycle import cycle_text
from settlement.model.money import decimal_text
from settlement.plans.draft.draft import Draft


def announce_done(draft: Draft, commands: Sequence[Command], sources: Collection[str]) -> None:
    """Says of each event of these sources that was booked what it paid of its account's bills, at once."""
    paid: dict[str, dict[str, str]] = {}
    for row in draft.changes.records.repayments:
        bill = f"{draft.accounts[AccountId(row.account_id)].external_id}:{cycle_text(row.cycle)}"
        paid.setdefault(row.cause, {})[bill] = decimal_text(row.amount_minor, row.currency)
    done = {outcome.inbox_id for outcome in draft.changes.outcomes if outcome.state == "done"}
    for command in commands:
        head = command.head
        account = draft.accounts.named(head.account)
        if account is None or head.source not in sources or head.inbox_id not in done:
            continue
        facts = DoneFacts(
            head.account, head.source, head.event_id, head.type, account.currency, paid.get(head.cause, {})
        )
        draft.changes.announcements.append(announcement(account.id, "event.done", facts, head.correlation_id))

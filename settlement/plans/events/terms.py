"""Payment terms. Rule: R6.1."""

from __future__ import annotations

from settlement.model.commands.terms import TermAgreed
from settlement.model.rows.credit import TermRow
from settlement.model.terms import PaymentTerm
from settlement.plans.events.batch import Batch, handle
from settlement.rules.terms import check_term


@handle.register
def agree_term(command: TermAgreed, batch: Batch) -> None:
    """A term that begins with the same cycle takes the place of the one before. Issued bills keep theirs."""
    account, draft = batch.account(command.head.account), batch.draft
    term = PaymentTerm(
        command.head.inbox_id, account.id, command.from_cycle, command.until_cycle, command.settlement_cycle,
        command.period_days, command.day_kind, command.country, command.closing_days,
    )  # fmt: skip
    check_term(term)
    if term.day_kind == "business":
        # A country nobody knows is refused now and not on the day a bill is issued.
        draft.policy.credit.calendar.is_working_day(term.country or "", draft.at.date())
    draft.changes.credit.terms.append(
        TermRow(
            term.id, account.id, term.from_cycle, term.until_cycle, term.settlement_cycle, term.period_days,
            term.day_kind, term.country, sorted(term.closing_days),
        )
    )  # fmt: skip

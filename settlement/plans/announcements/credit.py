"""Announcements about available credit."""

from __future__ import annotations

import json

from settlement.model.changes import Announcement
from settlement.model.money import decimal_text
from settlement.plans.draft.draft import Draft, WorkingAccount
from settlement.rules.credit import AvailableCredit


def announce_low_credit(
    draft: Draft, account: WorkingAccount, line_minor: int, credit: AvailableCredit, *, said: int
) -> None:
    """Available credit with its three terms, below its line, for the `said`-th time."""

    def amount(minor: int) -> str:
        return decimal_text(minor, account.currency)

    facts = {
        "account": account.external_id, "currency": account.currency, "line": amount(line_minor),
        "available_credit": amount(credit.minor), "cash": amount(credit.cash_minor),
        "credit_limit": amount(credit.credit_limit_minor), "frozen": amount(credit.frozen_minor), "said": said,
    }  # fmt: skip
    draft.changes.announcements.append(
        Announcement(account.id, "account.low_credit", json.dumps(facts), f"account:{account.id}")
    )

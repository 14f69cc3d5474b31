"""What a sender may send. Rule: R12.1."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from settlement.model.policies.senders import SenderView

SINCE = datetime(2026, 11, 1, tzinfo=UTC)


def _sender(types=None, accounts=None, ended_at=None) -> SenderView:
    return SenderView("crm", types, accounts, SINCE, ended_at)


@pytest.mark.parametrize(
    ("sender", "allowed"),
    [
        (_sender(), True),
        (_sender(types=("top_up", "refund")), True),
        (_sender(types=("refund",)), False),
        (_sender(accounts=("web-*",)), True),
        (_sender(accounts=("web-1", "web-2")), True),
        (_sender(accounts=("web-1",)), False),
        (_sender(accounts=("web",)), False),
        (_sender(accounts=("*",)), True),
        (_sender(ended_at=SINCE), False),
    ],
)
def test_it_may_send_the_types_it_has_about_the_accounts_it_has(sender, allowed):
    assert (sender.refusal_of("top_up", ["web-1", "web-2"]) is None) is allowed

"""What is said before money moves, put together from what the plan would do. Rule: R8.5a."""

from __future__ import annotations

import pytest

from interfaces.cli.confirmed_event import write_off_question
from interfaces.cli.render.unified_settlement import run_text
from settlement.model.accounts import AccountId
from settlement.model.changes import Changes
from settlement.model.gateway.charges import PaymentMethod
from settlement.model.gateway.collection import CollectionStatus
from settlement.model.rows.charges import ChargeRows, NewAttempt
from settlement.model.rows.records import RecordRows, RepaymentRow
from settlement.model.snapshot import ChargePosition
from settlement.operations.inbox.preview import Preview
from settlement.operations.reports.unified_settlements import SettlementPosition
from settlement.queries.unified_settlements import UnifiedView
from tests.support.builders import NOV, OCT, OCT_ISSUED, account, position, snapshot, utc


def looked(*repaid: tuple[int, int, str, int], charged: dict[int, int] | None = None) -> Preview:
    """Repayments (account, cycle, initiator, amount) and charges by account, each over its `visa`."""
    charged = charged or {}
    methods = {
        owner: PaymentMethod(
            10 + owner, AccountId(owner), "visa", "bank_card", "sandbox", "c", "m", None, True, "verified"
        )
        for owner in charged
    }  # fmt: skip
    return Preview(
        Changes(
            records=RecordRows(
                repayments=[
                    RepaymentRow(owner, cycle, f"c{at}", initiator, amount, "USD", OCT_ISSUED)
                    for at, (owner, cycle, initiator, amount) in enumerate(repaid)
                ]
            ),
            charges=ChargeRows(
                new_attempts=[
                    NewAttempt(owner, 1, "issuance", OCT, 10 + owner, "sandbox", "c", "m", amount, "USD")
                    for owner, amount in charged.items()
                ]
            ),
        ),
        snapshot(
            *(
                position(account(owner), charges=ChargePosition(CollectionStatus(AccountId(owner)), [method]))
                for owner, method in methods.items()
            )
        ),
    )


@pytest.mark.parametrize(
    ("would", "said"),
    [
        (looked(), None),
        (looked((2, OCT, "auto_write_off", 500)), "done; automatic write-off then pays 5.00 USD of 1 bill at once"),
        (looked(charged={2: 7_000}), "done; 70.00 USD will be charged to visa of acc-2"),
        (
            looked((2, OCT, "auto_write_off", 500), (2, NOV, "auto_write_off", 1), charged={2: 100, 3: 200}),
            (
                "done; automatic write-off then pays 5.01 USD of 2 bills at once; "
                "3.00 USD will be charged: 1.00 USD to visa of acc-2, 2.00 USD to visa of acc-3"
            ),
        ),
        (
            looked(charged={2: 100, 3: 200, 4: 300, 5: 400}),
            "done; 10.00 USD will be charged to 4 payment methods",
        ),
    ],
)  # fmt: skip
def test_what_follows_an_act_is_said_where_money_moves(would: Preview, said: str | None) -> None:
    assert write_off_question("done", "USD")(would) == said


def test_what_a_settlement_pays_is_told_apart_from_what_follows() -> None:
    at = utc("2026-11-05 00:00")
    settlement = UnifiedView(
        7, "acme", 1, "u1", "USD", "draft", at, None, None, None, bills=2, settled=0, accounts=2, paid_minor=0,
        outstanding_minor=7_000,
    )  # fmt: skip
    would = looked(
        (2, OCT, "unified_settlement", 3_000), (3, OCT, "unified_settlement", 4_000),
        (2, NOV, "auto_write_off", 9_000), charged={3: 600},
    )  # fmt: skip
    assert run_text(SettlementPosition(settlement, 7_000, 0, [], None, "r"), would) == (
        "acme will pay 70.00 USD of 2 bills; at once 70.00 USD of 2 bills; "
        "automatic write-off then pays 90.00 USD of 1 bill at once; 6.00 USD will be charged to visa of acc-3"
    )

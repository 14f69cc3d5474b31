"""A month in which everything happens that money can do, told through the public doors."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from settlement.model.gateway.refund_calls import Refunded, RefundFailed
from settlement.operations.gateway.charges import send_charges
from settlement.operations.gateway.engine import CallLimits
from settlement.operations.gateway.refunds import inquire_about_refunds, send_refunds
from settlement.storage.store import Store
from tests.support.books import Books, utc
from tests.support.fake_gateway import FakeGateway


def a_full_month(store: Store) -> Books:
    """Every kind of fund, three currencies, bills settled, paid in part, unpaid, credit carried over, a late fee."""
    books = Books(store, at=utc("2026-10-05"))
    books.open("rich", cash="500.00")
    books.open("carded")
    books.open("poor", cash="1.00")
    books.open("yen", currency="JPY", cash="1000")
    books.open("dinar", currency="KWD", cash="9.999")
    books.open("credited", cash="10.00")
    books.open("away", cash="5.00", auto_write_off=False)
    books.event(
        "card_activated", "carded", card="gift", amount="20.00", currency="USD",
        valid_from="2026-10-01T00:00:00Z", valid_until="2027-10-01T00:00:00Z",
    )  # fmt: skip
    books.event("refund", "carded", amount="3.00", currency="USD", cycle="2026-10")
    books.event("refund", "rich", amount="2.00", currency="USD", to="cash")
    for name in ("rich", "carded", "poor", "away"):
        books.fee(name, "12.3456789012")
        books.fee(name, "-0.3333333333", product="discount")
    books.fee("carded", "15.00", product="OSS")
    books.fee("yen", "700.9", currency="JPY")
    books.fee("dinar", "1.2345678", currency="KWD")
    books.fee("credited", "-4.005")
    books.until("2026-11-02T04:00")
    books.fee("rich", "1.00", incurred_at="2026-10-20T00:00:00Z")
    books.fee("credited", "6.00")
    books.event("top_up", "poor", amount="4.00", currency="USD")
    books.event("relationship_requested", "rich", member="carded")
    books.event("relationship_accepted", "carded", main="rich")
    books.event("transfer", "carded", amount="50.00", currency="USD", from_account="rich")
    given_back(books)
    agreed(books)
    return books


def given_back(books: Books) -> None:
    """A charge with refunds: 30.00 given back, 20.00 failed, 10.00 sent back by the bank, 5.00 on their way."""
    gateway = FakeGateway()

    def calling(act: Callable[..., object]) -> None:
        gateways = {gateway.name: gateway}
        act(books.store, gateways, clock=lambda: books.at, policy=books.policy, limits=CallLimits())

    books.open("charged")
    card = {"method": "visa", "kind": "bank_card", "gateway": "sandbox", "method_token": "ok"}
    books.event("payment_method_added", "charged", **card)
    books.fee("charged", "1000.00")
    calling(send_charges)
    gateway.refund_answers = [
        Refunded("r-1", 3000),
        RefundFailed("closed_account", "gone"),
        Refunded("r-3", 1000),
    ]
    for amount in ("30.00", "20.00", "10.00"):
        books.event("refund", "charged", amount=amount, currency="USD", to="original_method")
        calling(send_refunds)
    gateway.end_refund("r-3", RefundFailed("declined", "the bank sent it back"))
    books.at += timedelta(days=8)
    calling(inquire_about_refunds)
    books.event("refund", "charged", amount="5.00", currency="USD", to="original_method")


def agreed(books: Books) -> None:
    """Everything that an account is told and granted, and fees that nothing has been collected of yet."""
    books.open("said", credit_control=True, credit_limit="100.00")
    books.event("payment_term_agreed", "said", from_cycle="2026-11", period_days=10)
    books.event(
        "account_changed", "said", currency="USD", credit_limit="200.00", frozen_amount="5.00", low_credit_line="50.00",
        hold={"reason": "dispute", "ref": "case-9"},
    )  # fmt: skip
    books.event(
        "card_activated", "said", card="scoped", amount="20.00", currency="USD", products=["OSS"],
        valid_from="2026-10-01T00:00:00Z", valid_until="2027-10-01T00:00:00Z",
    )  # fmt: skip
    books.event(
        "coupon_granted", "said", coupon="once", kind="single_use", amount="1.00", currency="USD",
        valid_from="2026-10-01T00:00:00Z", valid_until="2027-10-01T00:00:00Z",
    )  # fmt: skip
    books.fee("said", "3.00")
    books.fee("charged", "7.00")

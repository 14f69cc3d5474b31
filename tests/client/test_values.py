"""No float near money, no instant without a time zone, no name that leads elsewhere; what is new is no error."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import httpx
import pytest

from settle_client import Amount, Client, Unexpected, models
from settle_client.models import FeeData

SENT: list[httpx.Request] = []


def client(answer: object) -> Client:
    def respond(request: httpx.Request) -> httpx.Response:
        SENT.append(request)
        return httpx.Response(200, json=answer, headers={"ETag": '"7"'})

    return Client("http://api/below", "key", transport=httpx.MockTransport(respond))


PREVIEW = {"dry_run": True, "paid": {"amount": "0.10", "currency": "USD"}, "bills": 0, "charged": []}


@pytest.mark.parametrize(
    ("amount", "text"),
    [("1.50", "1.50"), (Decimal("1.50"), "1.50"), (Decimal("1E+3"), "1000"), (Decimal("1E-7"), "0.0000001")],
)
def test_an_amount_is_sent_as_a_plain_decimal(amount, text):
    client(PREVIEW).top_ups.create("a", amount=amount, currency="USD", dry_run=True)
    body = json.loads(SENT[-1].content)
    assert body["amount"] == text
    assert (
        FeeData(id="f", amount=amount, currency="USD", product="p", incurred_at="2026-10-01T00:00:00Z").amount
        == text
    )


@pytest.mark.parametrize("amount", [1.5, 3, True, Decimal("NaN"), Decimal("Infinity"), None, []])
def test_what_is_no_amount_is_not_sent(amount: Any):
    known = len(SENT)
    with pytest.raises(ValueError, match="amount"):
        FeeData(id="f", amount=amount, currency="USD", product="p", incurred_at="2026-10-01T00:00:00Z")
    if type(amount) in (float, Decimal):
        with pytest.raises((TypeError, ValueError), match="amount"):
            client(PREVIEW).top_ups.create("a", amount=amount, currency="USD", dry_run=True)
    assert len(SENT) == known


def test_an_event_is_sent_with_what_it_has():
    at = datetime(2026, 10, 1, 2, tzinfo=timezone(timedelta(hours=2)))
    fee = FeeData(id="f", amount=Decimal("0.1"), currency="USD", product="p", incurred_at=at)
    event = models.FeesEvent(event_id="1", account="a", data=models.FeesData(fees=[fee]))
    with pytest.raises(Unexpected):
        client({}).events.send(event)
    assert json.loads(SENT[-1].content) == {
        "event_id": "1", "type": "fees", "account": "a", "data": {"fees": [{
            "id": "f", "amount": "0.1", "currency": "USD", "product": "p", "incurred_at": "2026-10-01T02:00:00+02:00",
        }]},
    }  # fmt: skip


def test_an_instant_without_a_time_zone_is_not_sent():
    with pytest.raises(ValueError, match="no time zone"):
        client({}).cards.activate(
            "a", card="c", amount="1", currency="USD", valid_from=datetime(2026, 10, 1), valid_until="x"  # noqa: DTZ001
        )  # fmt: skip
    with pytest.raises(ValueError, match="no time zone"):
        FeeData(id="f", amount="1", currency="USD", product="p", incurred_at=datetime(2026, 10, 1))  # noqa: DTZ001


def test_a_date_is_sent():
    with pytest.raises(Unexpected):
        client({}).terms.agree("a", from_cycle="2026-10", period_days=30, closing_days=[date(2026, 12, 24)])
    assert json.loads(SENT[-1].content)["closing_days"] == ["2026-12-24"]


def test_what_is_received_is_exact_and_what_is_new_is_kept():
    preview = client({**PREVIEW, "added_later": 1}).top_ups.create(
        "a", amount="1", currency="USD", dry_run=True
    )
    assert preview.paid == Amount(amount=Decimal("0.10"), currency="USD")
    assert isinstance(preview.paid.amount, Decimal)
    assert preview.model_extra == {"added_later": 1}
    assert preview.etag == '"7"'
    new = client({"bills": [], "next": None, "added_later": 1}).bills.list()
    assert (new.rows, new.next) == ((), None)


def test_an_amount_that_is_a_number_is_not_believed():
    with pytest.raises(Unexpected, match="not exact"):
        client({**PREVIEW, "paid": {"amount": 0.1, "currency": "USD"}}).top_ups.create(
            "a", amount="1", currency="USD", dry_run=True
        )


@pytest.mark.parametrize("answer", [[], "text", None, 7])
def test_what_is_no_object_is_unexpected(answer):
    with pytest.raises(Unexpected):
        client(answer).accounts.get("a")
    with pytest.raises(Unexpected):
        client({"others": []}).bills.list()


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("a/b", b"a%2Fb"), ("..", b"%2E%2E"), (".", b"%2E"), ("a?b#c", b"a%3Fb%23c"), ("a b", b"a%20b"),
        ("%2F", b"%252F"), ("für", b"f%C3%BCr"),
    ],
)  # fmt: skip
def test_a_name_stays_one_part_of_the_path(name, path):
    with pytest.raises(Unexpected):
        client({}).accounts.get(name)
    assert SENT[-1].url.raw_path == b"/below/v1/accounts/" + path


def test_a_name_that_is_none_is_not_sent():
    known = len(SENT)
    with pytest.raises(ValueError, match="account is empty"):
        client({}).accounts.get("")
    with pytest.raises(ValueError, match="idempotency_key"):
        client({}).methods.remove("a", "visa", idempotency_key="")
    assert len(SENT) == known

"""The stand-in answers PayPal's calls as PayPal does, on the wire."""

from __future__ import annotations

import pytest


def issue_of(answer) -> str:
    return str(answer.json()["details"][0]["issue"])


def payment(answer, kind: str = "captures") -> dict:
    return dict(answer.json()["purchase_units"][0]["payments"][kind][0])


def searched(calls, **query: object):
    day = {"start_date": "2026-10-05T00:00:00Z", "end_date": "2026-10-06T00:00:00Z"}
    return calls.http.get("/v1/reporting/transactions", params=day | query)


@pytest.fixture
def in_october(sim) -> None:
    sim.control("clock", set="2026-10-05T12:00:00+00:00")


def test_a_token_of_access_is_given(calls):
    answer = calls.http.post(
        "/v1/oauth2/token", data={"grant_type": "client_credentials"}, auth=("sim", "sim")
    )
    assert answer.json()["token_type"] == "Bearer"
    assert answer.json()["access_token"]


@pytest.mark.parametrize(
    ("value", "currency", "minor"), [("12.34", "USD", 1234), ("500", "JPY", 500), ("700", "HUF", 700)]
)
def test_an_order_takes_the_amount_and_says_so(sim, calls, value, currency, minor):
    answer = calls.order(reference="r-1", value=value, currency=currency)
    order, capture = answer.json(), payment(answer)
    assert (answer.status_code, order["status"], order["intent"]) == (201, "COMPLETED", "CAPTURE")
    assert (capture["status"], capture["custom_id"], capture["invoice_id"]) == ("COMPLETED", "r-1", "r-1")
    assert capture["amount"] == {"currency_code": currency, "value": value}
    assert calls.http.get(f"/v2/checkout/orders/{order['id']}").json() == order
    assert calls.http.get(f"/v2/payments/captures/{capture['id']}").json() == capture
    (line,) = sim.ledger()["charges"]
    assert (line["gateway"], line["id"], line["reference"]) == ("paypal", capture["id"], "r-1")
    assert (line["amount_minor"], line["currency"]) == (minor, currency)


# --------------------------------------------------------------------------------------------- declines
@pytest.mark.parametrize(
    ("token", "status", "issue"),
    [
        ("vault_declined", 422, "INSTRUMENT_DECLINED"), ("vault_declined_17", 422, "INSTRUMENT_DECLINED"),
        ("nobody", 404, "TOKEN_NOT_FOUND"),
    ],
)  # fmt: skip
def test_a_token_declines_as_its_name_says_and_so_it_does_when_asked_again(sim, calls, token, status, issue):
    answer = calls.order(token, key="k")
    assert (answer.status_code, issue_of(answer)) == (status, issue)
    assert issue_of(calls.order(token, key="k")) == issue
    assert sim.ledger()["charges"] == []


def test_a_payer_is_sent_to_approve(sim, calls):
    answer = calls.order("vault_action")
    assert answer.json()["status"] == "PAYER_ACTION_REQUIRED"
    (link,) = answer.json()["links"]
    assert link["rel"] == "payer-action"
    assert link["href"].startswith(sim.url)
    assert sim.ledger()["charges"] == []


# --------------------------------------------------------------------------------------------- idempotency
def test_a_request_id_is_asked_for(sim, calls):
    answer = calls.order(key="", reference="r")
    assert (answer.status_code, issue_of(answer)) == (400, "MISSING_REQUIRED_PARAMETER")
    assert sim.ledger()["charges"] == []


def test_the_same_request_id_tells_of_the_first_order_and_charges_once(sim, calls):
    first, again = calls.order(key="k"), calls.order(key="k")
    assert (again.status_code, again.json()) == (200, first.json())
    assert len(sim.ledger()["charges"]) == 1


def test_a_repeat_tells_the_latest_state_and_not_the_first_answer(calls):
    held = calls.order(key="k", intent="AUTHORIZE")
    calls.http.post(f"/v2/payments/authorizations/{payment(held, 'authorizations')['id']}/void")
    again = calls.order(key="k", intent="AUTHORIZE")
    assert payment(held, "authorizations")["status"] == "CREATED"
    assert payment(again, "authorizations")["status"] == "VOIDED"


def test_a_request_id_is_refused_with_other_parameters(sim, calls):
    calls.order(key="k", value="1.00")
    answer = calls.order(key="k", value="2.00")
    assert (answer.status_code, issue_of(answer)) == (422, "PAYPAL_REQUEST_ID_REUSED")
    assert len(sim.ledger()["charges"]) == 1


def test_a_request_id_is_forgotten_after_six_hours_and_the_invoice_id_is_not(sim, calls):
    first = calls.order(key="k", reference="r")
    sim.control("clock", advance_s=6 * 3600 - 1)
    assert calls.order(key="k", reference="r").json() == first.json()
    sim.control("clock", advance_s=1)
    answer = calls.order(key="k", reference="r")
    assert (answer.status_code, issue_of(answer)) == (422, "DUPLICATE_INVOICE_ID")
    assert calls.order(key="k2", reference="r2").status_code == 201
    assert sim.ledger()["charged_twice"] == []


# --------------------------------------------------------------------------------------------- holds
def test_a_hold_takes_nothing_and_is_let_go_once(sim, calls):
    held = payment(calls.order(intent="AUTHORIZE"), "authorizations")
    path = f"/v2/payments/authorizations/{held['id']}"
    assert (held["status"], calls.http.get(path).json()["status"]) == ("CREATED", "CREATED")
    assert calls.http.post(f"{path}/void").status_code == 204
    again = calls.http.post(f"{path}/void")
    assert (again.status_code, issue_of(again)) == (422, "PREVIOUSLY_VOIDED")
    assert calls.http.get(path).json()["status"] == "VOIDED"
    assert sim.ledger()["charges"] == []


# --------------------------------------------------------------------------------------------- the search
@pytest.mark.usefixtures("in_october")
def test_the_search_finds_what_was_captured_and_nothing_else(calls):
    taken = payment(calls.order(reference="r-1"))
    calls.order(intent="AUTHORIZE")
    calls.order("vault_declined")
    found = searched(calls).json()
    (entry,) = [detail["transaction_info"] for detail in found["transaction_details"]]
    assert (entry["transaction_id"], entry["transaction_status"]) == (taken["id"], "S")
    assert (entry["custom_field"], entry["invoice_id"]) == ("r-1", "r-1")
    assert entry["transaction_amount"] == taken["amount"]
    assert entry["transaction_initiation_date"] == "2026-10-05T12:00:00Z"


@pytest.mark.usefixtures("in_october")
def test_the_search_lags_when_told_to(sim, calls):
    calls.order()
    sim.control("clock", search_lag_s=3600)
    assert searched(calls).json()["transaction_details"] == []
    sim.control("clock", advance_s=3600)
    assert len(searched(calls).json()["transaction_details"]) == 1


@pytest.mark.usefixtures("in_october")
def test_the_search_keeps_to_its_days_in_pages(calls):
    ids = [payment(calls.order())["id"] for _ in range(3)]
    pages = [searched(calls, page_size=2, page=page).json() for page in (1, 2)]
    assert [page["total_pages"] for page in pages] == [2, 2]
    assert [
        entry["transaction_info"]["transaction_id"] for page in pages for entry in page["transaction_details"]
    ] == ids
    assert searched(calls, end_date="2026-10-05T12:00:00Z").json()["total_items"] == 0
    assert searched(calls, start_date="2026-10-05T12:00:00Z").json()["total_items"] == 3


def test_the_search_reaches_over_31_days_at_most(calls):
    assert searched(calls, end_date="2026-11-05T00:00:00Z").status_code == 200
    answer = searched(calls, end_date="2026-11-05T00:00:01Z")
    assert (answer.status_code, issue_of(answer)) == (400, "DATE_RANGE_TOO_LARGE")


# --------------------------------------------------------------------------------------------- the rest
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v2/checkout/orders/none"), ("GET", "/v2/payments/captures/none"),
        ("GET", "/v2/payments/authorizations/none"), ("POST", "/v2/payments/authorizations/none/void"),
    ],
)  # fmt: skip
def test_what_nobody_knows_is_not_found(calls, method, path):
    answer = calls.http.request(method, path)
    assert (answer.status_code, answer.json()["name"]) == (404, "RESOURCE_NOT_FOUND")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v2/nothing"),
        ("POST", "/v2/payments/captures/x/refund"),
        ("GET", "/"),
        ("GET", "/sim/nothing"),
    ],
)
def test_a_path_that_the_stand_in_does_not_play(calls, method, path):
    assert calls.http.request(method, path).status_code == 404


def test_a_body_that_is_too_large_is_refused(sim, calls):
    assert calls.order(reference="r" * 1_000_001, key="k").status_code == 413
    assert sim.ledger()["charges"] == []

"""The stand-in answers PayPal's calls as PayPal does, on the wire."""

from __future__ import annotations

import pytest


def issue_of(response) -> str:
    return str(response.json()["details"][0]["issue"])


def payment(response, kind: str = "captures") -> dict:
    return dict(response.json()["purchase_units"][0]["payments"][kind][0])


def searched(calls, **query: object):
    day = {"start_date": "2026-10-05T00:00:00Z", "end_date": "2026-10-06T00:00:00Z"}
    return calls.http.get("/v1/reporting/transactions", params=day | query)


@pytest.fixture
def in_october(sim) -> None:
    sim.control("clock", set="2026-10-05T12:00:00+00:00")


def test_a_token_of_access_is_given(calls):
    response = calls.http.post(
        "/v1/oauth2/token", data={"grant_type": "client_credentials"}, auth=("sim", "sim")
    )
    assert response.json()["token_type"] == "Bearer"
    assert response.json()["access_token"]


@pytest.mark.parametrize(
    ("value", "currency", "minor"), [("12.34", "USD", 1234), ("500", "JPY", 500), ("700", "HUF", 700)]
)
def test_an_order_takes_the_amount_and_says_so(sim, calls, value, currency, minor):
    response = calls.order(reference="r-1", value=value, currency=currency)
    order, capture = response.json(), payment(response)
    assert (response.status_code, order["status"], order["intent"]) == (201, "COMPLETED", "CAPTURE")
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
    response = calls.order(token, key="k")
    assert (response.status_code, issue_of(response)) == (status, issue)
    assert issue_of(calls.order(token, key="k")) == issue
    assert sim.ledger()["charges"] == []


def test_a_payer_is_sent_to_approve(sim, calls):
    response = calls.order("vault_action")
    assert response.json()["status"] == "PAYER_ACTION_REQUIRED"
    (link,) = response.json()["links"]
    assert link["rel"] == "payer-action"
    assert link["href"].startswith(sim.url)
    assert sim.ledger()["charges"] == []


def captured(calls, order_id: str, key: str = "capture"):
    path = f"/v2/checkout/orders/{order_id}/capture"
    return calls.http.post(path, headers={"PayPal-Request-Id": key})


def test_an_order_is_captured_once_its_payer_has_approved_it_on_the_page_of_the_link(sim, calls):
    order = calls.order("vault_action", reference="r-1").json()
    link = order["links"][0]["href"]
    early = captured(calls, order["id"], "early")
    assert (early.status_code, issue_of(early)) == (422, "ORDER_NOT_APPROVED")
    page = calls.http.get(link)
    assert (page.status_code, "<button>" in page.text) == (200, True)
    thanks = calls.http.post(link, headers={"Accept": "text/html"})
    assert (thanks.status_code, "Thank you" in thanks.text) == (200, True)
    assert calls.http.post(link).status_code == 409
    assert calls.http.get(f"/v2/checkout/orders/{order['id']}").json()["status"] == "APPROVED"
    assert sim.ledger()["charges"] == []

    first, again = captured(calls, order["id"]), captured(calls, order["id"])
    assert (first.status_code, again.status_code) == (201, 200)
    assert payment(first) == payment(again)
    assert issue_of(captured(calls, order["id"], "another")) == "ORDER_ALREADY_CAPTURED"
    assert sim.ledger()["by_reference"] == {"r-1": 1234}


def test_a_page_for_nobody_says_so(calls):
    for page in ("approve", "confirm"):
        assert calls.http.get(f"/sim/{page}/none").status_code == 404
        assert calls.http.post(f"/sim/{page}/none").status_code == 409


@pytest.mark.parametrize(("value", "currency"), [("1.001", "USD"), ("700.50", "HUF"), ("1.5", "JPY")])
def test_an_amount_that_is_too_fine_is_refused(sim, calls, value, currency):
    response = calls.order(value=value, currency=currency)
    assert (response.status_code, issue_of(response)) == (422, "DECIMAL_PRECISION")
    assert sim.ledger()["charges"] == []


# --------------------------------------------------------------------------------------------- refunds
def refunded(calls, capture_id: str, value: str | None, *, key: str = "refund", reference: str = "f-1"):
    body: dict[str, object] = {"custom_id": reference, "invoice_id": reference}
    if value is not None:
        body["amount"] = {"currency_code": "USD", "value": value}
    path = f"/v2/payments/captures/{capture_id}/refund"
    return calls.http.post(path, json=body, headers={"PayPal-Request-Id": key})


def test_a_capture_is_given_back_in_parts_and_never_more_than_was_taken(sim, calls):
    order = calls.order(reference="r-1").json()
    capture_id = order["purchase_units"][0]["payments"]["captures"][0]["id"]
    first = refunded(calls, capture_id, "2.34")
    assert (first.status_code, first.json()["status"]) == (201, "COMPLETED")
    assert calls.http.get(f"/v2/payments/captures/{capture_id}").json()["status"] == "PARTIALLY_REFUNDED"
    over = refunded(calls, capture_id, "10.01", key="k2")
    assert (over.status_code, issue_of(over)) == (422, "REFUND_AMOUNT_EXCEEDED")
    assert refunded(calls, capture_id, "10.00", key="k3", reference="f-2").status_code == 201
    assert issue_of(refunded(calls, capture_id, "0.01", key="k4")) == "CAPTURE_FULLY_REFUNDED"
    assert sim.ledger()["refunded_by_reference"] == {"f-1": 234, "f-2": 1000}
    assert sim.ledger()["by_reference"] == {"r-1": 1234}


def test_a_refund_is_made_once_for_a_request_id_told_as_it_is_by_then_and_found(sim, calls):
    taken = payment(calls.order("vault_pendingrefund", reference="r-1"))
    first = refunded(calls, taken["id"], "1.00").json()
    assert first["status"] == "PENDING"
    assert issue_of(refunded(calls, taken["id"], "2.00")) == "PAYPAL_REQUEST_ID_REUSED"
    sim.control(f"refunds/{first['id']}/succeed")
    again = refunded(calls, taken["id"], "1.00")
    assert (again.status_code, again.json()["status"]) == (200, "COMPLETED")
    assert calls.http.get(f"/v2/payments/refunds/{first['id']}").json() == again.json()
    order_id = taken["supplementary_data"]["related_ids"]["order_id"]
    order = calls.http.get(f"/v2/checkout/orders/{order_id}")
    assert payment(order, "refunds")["custom_id"] == "f-1"
    assert len(sim.ledger()["refunds"]) == 1


def test_a_refund_that_fails_later_is_money_that_was_not_given_back(sim, calls):
    taken = payment(calls.order())
    made = refunded(calls, taken["id"], None).json()
    sim.control(f"refunds/{made['id']}/fail")
    assert calls.http.get(f"/v2/payments/captures/{taken['id']}").json()["status"] == "COMPLETED"
    assert sim.ledger()["refunded_by_reference"] == {}
    assert [line["status"] for line in sim.ledger()["refunds"]] == ["failed"]


def test_a_token_that_nothing_is_given_back_to(sim, calls):
    taken = payment(calls.order("vault_norefund"))
    assert issue_of(refunded(calls, taken["id"], "1.00")) == "REFUND_NOT_ALLOWED"
    assert sim.ledger()["refunds"] == []


# --------------------------------------------------------------------------------------------- idempotency
def test_a_request_id_is_asked_for(sim, calls):
    response = calls.order(key="", reference="r")
    assert (response.status_code, issue_of(response)) == (400, "MISSING_REQUIRED_PARAMETER")
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
    response = calls.order(key="k", value="2.00")
    assert (response.status_code, issue_of(response)) == (422, "PAYPAL_REQUEST_ID_REUSED")
    assert len(sim.ledger()["charges"]) == 1


def test_a_request_id_is_forgotten_after_six_hours_and_the_invoice_id_is_not(sim, calls):
    first = calls.order(key="k", reference="r")
    sim.control("clock", advance_s=6 * 3600 - 1)
    assert calls.order(key="k", reference="r").json() == first.json()
    sim.control("clock", advance_s=1)
    response = calls.order(key="k", reference="r")
    assert (response.status_code, issue_of(response)) == (422, "DUPLICATE_INVOICE_ID")
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
def test_the_search_finds_what_was_captured_and_held_each_by_its_code_and_nothing_else(calls):
    taken = payment(calls.order(reference="r-1"))
    held = payment(calls.order(reference="r-2", intent="AUTHORIZE"), "authorizations")
    calls.order("vault_declined")
    found = searched(calls).json()
    entry, other = [detail["transaction_info"] for detail in found["transaction_details"]]
    assert (other["transaction_event_code"], other["transaction_id"]) == ("T1300", held["id"])
    assert (entry["transaction_event_code"], entry["transaction_id"]) == ("T0006", taken["id"])
    assert entry["transaction_status"] == "S"
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
    response = searched(calls, end_date="2026-11-05T00:00:01Z")
    assert (response.status_code, issue_of(response)) == (400, "DATE_RANGE_TOO_LARGE")


# --------------------------------------------------------------------------------------------- the rest
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v2/checkout/orders/none"), ("GET", "/v2/payments/captures/none"),
        ("GET", "/v2/payments/authorizations/none"), ("POST", "/v2/payments/authorizations/none/void"),
    ],
)  # fmt: skip
def test_what_nobody_knows_is_not_found(calls, method, path):
    response = calls.http.request(method, path)
    assert (response.status_code, response.json()["name"]) == (404, "RESOURCE_NOT_FOUND")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v2/nothing"),
        ("POST", "/v2/payments/captures/x/void"),
        ("GET", "/"),
        ("GET", "/sim/nothing"),
    ],
)
def test_a_path_that_the_stand_in_does_not_play(calls, method, path):
    assert calls.http.request(method, path).status_code == 404


def test_a_body_that_is_too_large_is_refused(sim, calls):
    assert calls.order(reference="r" * 1_000_001, key="k").status_code == 413
    assert sim.ledger()["charges"] == []

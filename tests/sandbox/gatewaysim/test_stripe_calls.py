"""The stand-in answers Stripe's calls as Stripe does, on the wire."""

from __future__ import annotations

import pytest


def test_a_charge_takes_the_amount_and_says_so(sim, calls):
    response = calls.intent(reference="r-1", customer="cus_1", **{"metadata[account]": "a"})
    intent = response.json()
    assert response.status_code == 200
    assert (intent["object"], intent["status"], intent["livemode"]) == ("payment_intent", "succeeded", False)
    assert (intent["amount"], intent["amount_received"], intent["currency"]) == (1234, 1234, "usd")
    assert intent["metadata"] == {"settle_reference": "r-1", "account": "a"}
    assert calls.stripe_get(f"payment_intents/{intent['id']}").json() == intent
    (line,) = sim.ledger()["charges"]
    assert (line["gateway"], line["id"], line["reference"]) == ("stripe", intent["id"], "r-1")
    assert (line["amount_minor"], line["currency"], line["token"]) == (1234, "USD", "pm_card_visa")


def test_nobody_gets_in_without_a_key(sim, calls):
    nobody = {"Authorization": ""}
    given = {"amount": "1", "currency": "usd"}
    response = calls.http.post("/v1/payment_intents", data=given, headers=nobody)
    assert response.status_code == 401
    assert response.json()["error"]["type"] == "invalid_request_error"
    assert calls.http.get("/v1/payment_intents", headers=nobody).status_code == 401
    assert calls.http.post("/v2/checkout/orders", json={}, headers=nobody).status_code == 401
    assert sim.ledger()["charges"] == []


@pytest.mark.parametrize("missing", ["amount", "currency"])
def test_a_call_that_lacks_something_is_refused_and_its_key_stays_free(sim, calls, missing):
    response = calls.intent(key="k", **{missing: ""})
    assert response.status_code == 400
    assert response.json()["error"]["code"] == "parameter_missing"
    assert missing in response.json()["error"]["message"]
    assert sim.ledger()["charges"] == []
    assert calls.intent(key="k").status_code == 200


# --------------------------------------------------------------------------------------------- declines
@pytest.mark.parametrize(
    ("token", "decline_code"),
    [
        ("pm_card_chargeDeclined", "generic_decline"),
        ("pm_card_chargeDeclinedInsufficientFunds", "insufficient_funds"),
        ("pm_card_chargeDeclinedInsufficientFunds_4711", "insufficient_funds"),
        ("pm_card_chargeDeclinedLostCard", "lost_card"),
        ("pm_card_chargeDeclinedStolenCard", "stolen_card"),
        ("pm_card_chargeDeclinedExpiredCard", "expired_card"),
    ],
)
def test_a_token_declines_as_its_name_says(sim, calls, token, decline_code):
    response = calls.intent(token)
    error = response.json()["error"]
    assert response.status_code == 402
    assert (error["type"], error["code"], error["decline_code"]) == (
        "card_error", "card_declined", decline_code,
    )  # fmt: skip
    kept = calls.stripe_get(f"payment_intents/{error['payment_intent']['id']}").json()
    assert kept["status"] == "requires_payment_method"
    assert kept["last_payment_error"]["decline_code"] == decline_code
    assert kept["amount_received"] == 0
    assert sim.ledger()["charges"] == []


def test_a_token_that_nobody_knows_is_no_decline(sim, calls):
    response = calls.intent("pm_of_nobody")
    assert response.status_code == 400
    assert response.json()["error"]["code"] == "resource_missing"
    assert "pm_of_nobody" in response.json()["error"]["message"]


# --------------------------------------------------------------------------------------------- idempotency
def test_a_key_gives_its_first_answer_again_and_charges_once(sim, calls):
    first, again = calls.intent(key="k"), calls.intent(key="k")
    assert "idempotent-replayed" not in first.headers
    assert again.headers["idempotent-replayed"] == "true"
    assert (again.status_code, again.json()) == (200, first.json())
    assert len(sim.ledger()["charges"]) == 1


def test_without_a_key_every_call_charges(sim, calls):
    assert calls.intent(reference="r").json()["id"] != calls.intent(reference="r").json()["id"]
    assert sim.ledger()["charged_twice"] == ["r"]


@pytest.mark.parametrize(
    "other", [{"amount": "1235"}, {"currency": "eur"}, {"token": "pm_card_mastercard"}, {"reference": "r2"}]
)
def test_a_key_is_refused_with_other_parameters(sim, calls, other):
    calls.intent(key="k")
    response = calls.intent(key="k", **other)
    assert response.status_code == 400
    assert response.json()["error"]["type"] == "idempotency_error"
    assert len(sim.ledger()["charges"]) == 1
    assert calls.intent(key="k").status_code == 200, "the first call's answer is still there"


def test_a_decline_is_given_again_too(sim, calls):
    sim.control("tokens", pm_moody=["declined:insufficient_funds", "ok"])
    first, again = calls.intent("pm_moody", key="k"), calls.intent("pm_moody", key="k")
    assert (again.status_code, again.json()) == (402, first.json())
    assert sim.ledger()["charges"] == []
    assert calls.intent("pm_moody", key="k2").status_code == 200


def test_the_answer_that_is_given_again_is_the_first_one_whatever_happened_since(calls):
    first = calls.intent(key="k", capture_method="manual")
    calls.stripe(f"payment_intents/{first.json()['id']}/cancel")
    assert calls.intent(key="k", capture_method="manual").json()["status"] == "requires_capture"
    assert calls.stripe_get(f"payment_intents/{first.json()['id']}").json()["status"] == "canceled"


def test_a_key_is_forgotten_after_a_day(sim, calls):
    calls.intent(key="k", reference="r")
    sim.control("clock", advance_s=86_399)
    calls.intent(key="k", reference="r")
    assert sim.ledger()["charged_twice"] == []
    sim.control("clock", advance_s=1)
    assert calls.intent(key="k", reference="r").status_code == 200
    assert sim.ledger()["charged_twice"] == ["r"]


# --------------------------------------------------------------------------------------------- 3-D Secure
def test_a_payer_is_sent_to_confirm_and_charged_when_he_does(sim, calls):
    intent = calls.intent("pm_card_authenticationRequired").json()
    assert intent["status"] == "requires_action"
    assert intent["next_action"]["redirect_to_url"]["url"].startswith(sim.url)
    assert sim.ledger()["charges"] == []
    sim.control(f"payment_intents/{intent['id']}/authenticate")
    assert calls.stripe_get(f"payment_intents/{intent['id']}").json()["status"] == "succeeded"
    assert len(sim.ledger()["charges"]) == 1


def test_off_session_a_charge_that_needs_its_payer_is_an_error_and_waits(sim, calls):
    response = calls.intent("pm_card_authenticationRequired", error_on_requires_action="true")
    error = response.json()["error"]
    assert (response.status_code, error["code"]) == (402, "authentication_required")
    its_id = error["payment_intent"]["id"]
    assert calls.http.post(f"/sim/payment_intents/{its_id}/authenticate").status_code == 200
    assert [line["id"] for line in sim.ledger()["charges"]] == [its_id]


def test_a_payer_confirms_once_and_only_what_waits_for_him(sim, calls):
    its_id = calls.intent("pm_card_authenticationRequired").json()["id"]
    responses = [calls.http.post(f"/sim/payment_intents/{its_id}/authenticate").status_code for _ in range(2)]
    assert responses == [200, 409]
    assert calls.http.post("/sim/payment_intents/pi_none/authenticate").status_code == 409
    assert len(sim.ledger()["charges"]) == 1


def test_a_payer_who_was_given_up_cannot_confirm_any_more(sim, calls):
    its_id = calls.intent("pm_card_authenticationRequired").json()["id"]
    assert calls.stripe(f"payment_intents/{its_id}/cancel").json()["status"] == "canceled"
    assert calls.http.post(f"/sim/payment_intents/{its_id}/authenticate").status_code == 409
    assert sim.ledger()["charges"] == []


# --------------------------------------------------------------------------------------------- holds and lists
def test_a_hold_takes_nothing_and_can_be_cancelled_again_and_again(sim, calls):
    held = calls.intent(capture_method="manual").json()
    assert (held["status"], held["amount_capturable"], held["amount_received"]) == (
        "requires_capture", 1234, 0,
    )  # fmt: skip
    for _ in range(2):
        gone = calls.stripe(f"payment_intents/{held['id']}/cancel")
        assert (gone.status_code, gone.json()["status"]) == (200, "canceled")
    assert sim.ledger()["charges"] == []


def test_what_was_taken_cannot_be_cancelled(sim, calls):
    response = calls.stripe(f"payment_intents/{calls.intent().json()['id']}/cancel")
    assert (response.status_code, response.json()["error"]["code"]) == (
        400,
        "payment_intent_unexpected_state",
    )


def test_intents_are_listed_newest_first_in_pages(calls):
    ids = [calls.intent().json()["id"] for _ in range(5)][::-1]
    first = calls.stripe_get("payment_intents", limit=2).json()
    assert ([intent["id"] for intent in first["data"]], first["has_more"]) == (ids[:2], True)
    rest = calls.stripe_get("payment_intents", limit=3, starting_after=ids[1]).json()
    assert ([intent["id"] for intent in rest["data"]], rest["has_more"]) == (ids[2:], False)


def test_intents_are_listed_by_customer_and_by_when_they_were_made(sim, calls):
    sim.control("clock", set="2026-10-05T00:00:00+00:00")
    early = calls.intent(customer="cus_1").json()
    sim.control("clock", advance_s=60)
    late = calls.intent(customer="cus_2").json()

    def listed(**query: object) -> list[str]:
        return [intent["id"] for intent in calls.stripe_get("payment_intents", **query).json()["data"]]

    assert listed(customer="cus_1") == [early["id"]]
    assert listed(customer="cus_3") == []
    assert listed(**{"created[gte]": early["created"], "created[lt]": late["created"]}) == [early["id"]]
    assert listed(**{"created[gte]": late["created"]}) == [late["id"]]
    assert listed(**{"created[lte]": late["created"]}) == [late["id"], early["id"]]


# --------------------------------------------------------------------------------------------- the rest
@pytest.mark.parametrize("path", ["payment_intents/pi_none", "payment_intents/pi_none/cancel"])
def test_an_intent_that_nobody_knows(calls, path):
    response = calls.stripe(path) if path.endswith("cancel") else calls.stripe_get(path)
    assert (response.status_code, response.json()["error"]["code"]) == (404, "resource_missing")


@pytest.mark.parametrize("path", ["charges", "payment_intents/pi_1/nonsense", "", "customers/cus_1/sources"])
def test_a_path_that_the_stand_in_does_not_play_is_named(sim, calls, path):
    response = calls.stripe(path)
    assert response.status_code == 404
    assert f"/v1/{path}" in response.json()["error"]["message"]


def test_a_body_that_is_too_large_is_not_read(sim, calls):
    response = calls.intent(**{"metadata[x]": "x" * 1_000_001})
    assert response.status_code == 413
    assert sim.ledger()["charges"] == []


@pytest.mark.parametrize(
    ("amount", "currency", "code"),
    [("49", "usd", "amount_too_small"), ("1234", "kwd", "invalid_charge_amount")],
)
def test_an_amount_that_it_cannot_take_is_refused(sim, calls, amount, currency, code):
    response = calls.intent(amount=amount, currency=currency)
    assert (response.status_code, response.json()["error"]["code"]) == (400, code)
    assert sim.ledger()["charges"] == []


def test_a_payer_confirms_on_the_page_of_the_link(sim, calls):
    intent = calls.intent("pm_card_authenticationRequired").json()
    link = intent["next_action"]["redirect_to_url"]["url"]
    assert "<button>" in calls.http.get(link).text
    assert calls.http.post(link).json()["status"] == "succeeded"
    assert calls.http.get(link).status_code == 404


# --------------------------------------------------------------------------------------------- refunds
def refunded(calls, intent_id: str, *, key: str = "refund", reference: str = "f-1", **more: str):
    return calls.stripe(
        "refunds", key=key, payment_intent=intent_id, **{"metadata[settle_reference]": reference}, **more
    )


def test_a_charge_is_given_back_in_parts_and_never_more_than_was_taken(sim, calls):
    intent = calls.intent(reference="r-1").json()
    first = refunded(calls, intent["id"], amount="234")
    assert (first.status_code, first.json()["status"], first.json()["amount"]) == (200, "succeeded", 234)
    over = refunded(calls, intent["id"], amount="1001", key="k2")
    assert (over.status_code, over.json()["error"]["param"]) == (400, "amount")
    assert refunded(calls, intent["id"], key="k3", reference="f-2").json()["amount"] == 1000
    again = refunded(calls, intent["id"], amount="1", key="k4")
    assert again.json()["error"]["code"] == "charge_already_refunded"
    assert sim.ledger()["refunded_by_reference"] == {"f-1": 234, "f-2": 1000}
    assert sim.ledger()["by_reference"] == {"r-1": 1234}
    assert calls.stripe_get(f"payment_intents/{intent['id']}").json()["status"] == "succeeded"


def test_a_refund_is_made_once_for_a_key_and_listed_by_its_intent(sim, calls):
    intent = calls.intent().json()
    first, again = (refunded(calls, intent["id"], amount="100") for _ in range(2))
    assert first.json() == again.json()
    assert refunded(calls, intent["id"], amount="101").json()["error"]["type"] == "idempotency_error"
    refunded(calls, calls.intent().json()["id"], key="other", reference="f-2")
    listed = calls.stripe_get("refunds", payment_intent=intent["id"]).json()["data"]
    assert [made["id"] for made in listed] == [first.json()["id"]]
    assert calls.stripe_get(f"refunds/{first.json()['id']}").json() == first.json()
    assert sim.ledger()["refunded_twice"] == []


@pytest.mark.parametrize(
    ("token", "begins", "how", "ends", "total"),
    [
        ("pm_card_pendingRefund", "pending", "succeed", "succeeded", {"f-1": 1234}),
        ("pm_card_refundFail", "succeeded", "fail", "failed", {}),
    ],
)
def test_what_becomes_of_a_refund_later(sim, calls, token, begins, how, ends, total):
    intent = calls.intent(token).json()
    made = refunded(calls, intent["id"]).json()
    assert made["status"] == begins
    sim.control(f"refunds/{made['id']}/{how}")
    assert calls.stripe_get(f"refunds/{made['id']}").json()["status"] == ends
    assert sim.ledger()["refunded_by_reference"] == total


def test_what_was_never_taken_is_not_given_back(sim, calls):
    declined = calls.intent("pm_card_chargeDeclined").json()["error"]["payment_intent"]["id"]
    assert refunded(calls, declined).status_code == 400
    assert refunded(calls, "pi_none", key="k2").status_code == 404
    assert sim.ledger()["refunds"] == []

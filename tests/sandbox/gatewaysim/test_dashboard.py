"""What is done at a provider's dashboard, as the wire shows it: refunds, disputes, and where the money is."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.support.gateways.gatewaysim import GatewaySim
from tests.support.gateways.gatewaysim_calls import Calls


def charge(calls: Calls, provider: str, reference: str = "r-1") -> str:
    """The id of a charge of 12.34 USD."""
    if provider == "stripe":
        return str(calls.intent(reference=reference).json()["id"])
    order = calls.order(reference=reference).json()
    return str(order["purchase_units"][0]["payments"]["captures"][0]["id"])


def told(calls: Calls, path: str, **given: Any) -> Any:
    return calls.http.post(f"/sim/{path}", json=given)


both = pytest.mark.parametrize("provider", ["stripe", "paypal"])


@both
def test_the_ledger_says_what_is_gone_of_each_charge(sim, calls, provider):
    its_id = charge(calls, provider)
    told(calls, f"charges/{its_id}/refund", amount=234)
    dispute = told(calls, f"charges/{its_id}/dispute", amount=500).json()["id"]
    told(calls, f"disputes/{dispute}/lose")
    ledger = sim.ledger()
    assert ledger["gone_by_reference"] == {"r-1": 734}
    (refund,) = ledger["refunds"]
    assert (refund["charge_id"], refund["reference"], refund["amount_minor"]) == (its_id, "", 234)
    (line,) = ledger["disputes"]
    assert (line["id"], line["status"], line["amount_minor"], line["gone_minor"]) == (
        dispute,
        "lost",
        500,
        500,
    )
    told(calls, f"disputes/{dispute}/win")
    assert sim.ledger()["gone_by_reference"] == {"r-1": 234}
    assert (ledger["by_reference"], ledger["refunded_by_reference"]) == ({"r-1": 1234}, {})


@both
def test_no_more_goes_back_than_was_taken(sim, calls, provider):
    its_id = charge(calls, provider)
    assert told(calls, f"charges/{its_id}/dispute", amount=1235).status_code == 409
    told(calls, f"charges/{its_id}/refund", amount=1000)
    assert told(calls, f"charges/{its_id}/refund", amount=235).status_code >= 400
    assert told(calls, f"charges/{its_id}/dispute").json()["id"]
    (dispute,) = sim.ledger()["disputes"]
    assert dispute["amount_minor"] == 234
    told(calls, f"disputes/{dispute['id']}/lose")
    assert told(calls, f"charges/{its_id}/refund").status_code >= 400
    assert told(calls, f"charges/{its_id}/dispute").status_code == 409
    assert sim.ledger()["gone_by_reference"] == {"r-1": 1234}


def test_stripe_refunds_nothing_of_a_charge_that_a_bank_has_taken_back(calls):
    its_id = charge(calls, "stripe")
    told(calls, f"charges/{its_id}/dispute", amount=1)
    assert calls.stripe("refunds", payment_intent=its_id).json()["error"]["code"] == "charge_disputed"


def test_paypal_refunds_no_part_of_a_capture_under_dispute(calls):
    its_id = charge(calls, "paypal")
    dispute = told(calls, f"charges/{its_id}/dispute").json()["id"]
    refused = told(calls, f"charges/{its_id}/refund", amount=1).json()["details"][0]["issue"]
    assert refused == "CAPTURE_DISPUTED_PARTIAL_REFUND_NOT_ALLOWED"
    told(calls, f"disputes/{dispute}/cancel")
    assert told(calls, f"charges/{its_id}/refund", amount=1).status_code == 201


def test_a_lost_dispute_is_a_reversal_in_paypals_reports_and_among_the_refunds_of_its_order(calls):
    order = calls.order(reference="r-1").json()
    its_id = order["purchase_units"][0]["payments"]["captures"][0]["id"]
    told(calls, f"disputes/{told(calls, f'charges/{its_id}/dispute').json()['id']}/lose")
    refunds = calls.http.get(f"/v2/checkout/orders/{order['id']}").json()["purchase_units"][0]["payments"][
        "refunds"
    ]
    (reversal,) = [refund["id"] for refund in refunds]
    assert calls.http.get(f"/v2/payments/captures/{its_id}").json()["status"] == "REFUNDED"
    assert calls.http.get(f"/v2/payments/refunds/{reversal}").json()["status"] == "COMPLETED"
    year = {"start_date": "2020-01-01T00:00:00Z", "end_date": "2020-01-02T00:00:00Z"}
    assert calls.http.get("/v1/reporting/transactions", params=year).json()["total_items"] == 0


@both
@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("charges/none/refund", 404), ("charges/none/dispute", 404), ("disputes/none/win", 404),
        ("disputes/{dispute}/explode", 404), ("disputes/{charge}/win", 404), ("refunds/{dispute}/fail", 404),
    ],
)  # fmt: skip
def test_what_does_not_exist_cannot_be_told_anything(calls, provider, path, status):
    its_id = charge(calls, provider)
    dispute = told(calls, f"charges/{its_id}/dispute").json()["id"]
    assert told(calls, path.format(charge=its_id, dispute=dispute)).status_code == status


@both
@pytest.mark.parametrize("given", [{"amount": "much"}, {"amount": 0}, {"amount": -1}])
@pytest.mark.parametrize("what", ["refund", "dispute"])
def test_an_amount_that_is_none_changes_nothing(sim, calls, provider, given, what):
    response = told(calls, f"charges/{charge(calls, provider)}/{what}", **given)
    assert response.status_code in {400, 409, 422}
    assert sim.ledger()["gone_by_reference"] == {}
    assert sim.ledger()["disputes"] == sim.ledger()["refunds"] == []


@both
def test_what_a_dispute_is_already_it_does_not_become(calls, provider):
    its_id = charge(calls, provider)
    dispute = told(calls, f"charges/{its_id}/dispute").json()["id"]
    assert told(calls, f"disputes/{dispute}/lose").status_code == 200
    assert told(calls, f"disputes/{dispute}/lose").status_code == 409


def test_each_provider_knows_its_own_only(calls):
    of_stripe, of_paypal = charge(calls, "stripe"), charge(calls, "paypal")
    stripes = told(calls, f"charges/{of_stripe}/dispute").json()["id"]
    paypals = told(calls, f"charges/{of_paypal}/dispute").json()["id"]
    assert calls.stripe_get(f"disputes/{paypals}").status_code == 404
    assert calls.http.get(f"/v1/customer/disputes/{stripes}").status_code == 404
    assert [each["id"] for each in calls.stripe_get("disputes").json()["data"]] == [stripes]
    assert [each["dispute_id"] for each in calls.http.get("/v1/customer/disputes").json()["items"]] == [
        paypals
    ]


def test_reset_forgets_what_went_back(sim: GatewaySim, calls):
    its_id = charge(calls, "stripe")
    told(calls, f"charges/{its_id}/dispute")
    sim.reset()
    assert not any(sim.ledger().values())
    assert calls.stripe_get("disputes").json()["data"] == []


def test_paypals_next_page_of_disputes_is_had_by_the_token_in_its_link_and_by_no_number(calls):
    its_id = charge(calls, "paypal")
    for _ in range(5):
        told(calls, f"charges/{its_id}/dispute", amount=1, inquiry=True)

    def page(**given: Any) -> dict[str, Any]:
        return dict(calls.http.get("/v1/customer/disputes", params={"page_size": 2, **given}).json())

    assert page(page=2) == page(page=1) | {"links": page(page=2)["links"]}
    listed: list[str] = []
    given: dict[str, str] = {}
    for left in (2, 1, 0):
        found = page(**given)
        listed += [each["dispute_id"] for each in found["items"]]
        links = {link["rel"]: link["href"] for link in found["links"]}
        assert ("next" in links) is bool(left)
        given = dict(httpx.URL(links.get("next", "")).params)
    assert len(set(listed)) == len(listed) == 5

"""Final declines by the providers' own tables, and what is in none of them is not final. Rule: R5.8c."""

from __future__ import annotations

import pytest
from paypalserversdk.models.payment_advice_code import PaymentAdviceCode
from paypalserversdk.models.processor_response_code import ProcessorResponseCode

from settlement.gateways.paypal import decline_codes as paypal
from settlement.gateways.paypal.objects import authorization_outcome, capture_outcome
from settlement.gateways.stripe import decline_codes as stripe
from settlement.model.gateway.charges import Declined


@pytest.mark.parametrize(
    "code",
    [
        "do_not_try_again", "fraudulent", "merchant_blacklist", "security_violation", "lost_card", "stolen_card",
        "previously_declined_do_not_retry", "expired_card", "invalid_expiry_year", "restricted_card",
    ],
)  # fmt: skip
def test_what_stripe_says_is_final(code):
    assert stripe.is_final(code)


@pytest.mark.parametrize(
    "code", ["insufficient_funds", "do_not_honor", "generic_decline", "of_next_year", ""]
)
def test_what_stripe_does_not_say_is_final_is_not(code):
    assert not stripe.is_final(code)
    assert stripe.is_final(code, advice="do_not_try_again"), "its advice counts beside the issuer's code"
    assert not stripe.is_final(code, advice="try_again_later")


def test_no_code_is_in_two_lists():
    assert not stripe.FINAL & stripe.NOT_FINAL
    assert not paypal.FINAL_ISSUES & paypal.OTHER_ISSUES


def values_of(enumeration: type) -> set[str]:
    return {
        value
        for name, value in vars(enumeration).items()
        if not name.startswith("_") and isinstance(value, str)
    }


def test_paypals_codes_are_those_of_its_library():
    assert values_of(ProcessorResponseCode) >= paypal.FINAL_RESPONSES
    assert values_of(PaymentAdviceCode) >= paypal.FINAL_ADVICE


@pytest.mark.parametrize(
    ("response", "code", "final"),
    [
        ({"response_code": "9500"}, "9500", True),
        ({"response_code": "9520"}, "9520", True),
        ({"response_code": "PPRN"}, "PPRN", True),
        ({"response_code": "5120"}, "5120", False),
        ({"response_code": "5120", "payment_advice_code": "03"}, "5120", True),
        ({"response_code": "of next year"}, "of next year", False),
        (None, "DECLINED", False),
    ],
)
def test_a_capture_that_a_processor_declined(response, code, final):
    capture = {"id": "C1", "status": "DECLINED", "processor_response": response}
    outcome = capture_outcome(capture)
    assert isinstance(outcome, Declined)
    assert (outcome.code, outcome.final) == (code, final)
    held = authorization_outcome(capture | {"status": "DENIED"})
    assert isinstance(held, Declined)
    assert held.final is final

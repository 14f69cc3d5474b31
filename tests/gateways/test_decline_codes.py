"""Final declines by the providers' own tables, and what is in none of them is not final. Rule: R5.8c."""

from __future__ import annotations

import pytest
from paypalserversdk.models.payment_advice_code import PaymentAdviceCode
from paypalserversdk.models.processor_response_code import ProcessorResponseCode

from settlement.gateways.paypal import decline_codes as paypal
from settlement.gateways.paypal.errors import Refusal, declined
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


# The codes of both tables of https://docs.stripe.com/declines/codes, as they stood in April 2026.
CARD_TABLE = """
    authentication_required authentication_not_handled approve_with_id call_issuer card_not_supported
    card_velocity_exceeded currency_not_supported do_not_honor do_not_try_again duplicate_transaction expired_card
    fraudulent generic_decline incorrect_address incorrect_cvc incorrect_number incorrect_pin incorrect_zip
    insufficient_funds invalid_account invalid_amount invalid_cvc invalid_expiry_month invalid_expiry_year
    invalid_number invalid_pin issuer_not_available lost_card merchant_blacklist new_account_information_available
    no_action_taken not_permitted offline_pin_required online_or_offline_pin_required pickup_card pin_try_exceeded
    processing_error reenter_transaction restricted_card revocation_of_all_authorizations revocation_of_authorization
    security_violation service_not_allowed stolen_card stop_payment_order testmode_decline transaction_not_allowed
    try_again_later withdrawal_count_limit_exceeded mobile_device_authentication_required
"""
LOCAL_TABLE = """
    partner_generic_decline invalid_customer_account payment_limit_exceeded invalid_billing_agreement expired_card
    processing_error insufficient_funds currency_not_supported invalid_amount invalid_business_account
    partner_high_risk_customer compliance_violation payment_disputed invalid_authorization invalid_payment_information
    partner_payment_not_found expired_payment_information duplicate_transaction
"""


def test_every_code_that_stripe_publishes_is_in_one_of_the_lists():
    assert len(CARD_TABLE.split()) == 50
    assert {*CARD_TABLE.split(), *LOCAL_TABLE.split()} <= stripe.FINAL | stripe.NOT_FINAL


@pytest.mark.parametrize(
    "code",
    [
        "invalid_billing_agreement", "currency_not_supported", "compliance_violation", "invalid_authorization",
        "invalid_payment_information",
    ],
)  # fmt: skip
def test_what_stripe_says_retries_wont_mend(code):
    assert stripe.is_final(code)


# Of the specification of the Orders API: what creating and capturing one is refused with because of the payer.
ORDERS_TABLE = """
    AGREEMENT_ALREADY_CANCELLED BILLING_AGREEMENT_NOT_FOUND CARD_BRAND_NOT_SUPPORTED COMPLIANCE_VIOLATION
    DECLINED_DUE_TO_RELATED_TXN DOMESTIC_TRANSACTION_REQUIRED INSTRUMENT_DECLINED
    MAX_NUMBER_OF_PAYMENT_ATTEMPTS_EXCEEDED PAYEE_BLOCKED_TRANSACTION PAYER_ACCOUNT_LOCKED_OR_CLOSED
    PAYER_ACCOUNT_RESTRICTED PAYER_ACTION_REQUIRED PAYER_CANNOT_PAY PAYMENT_SOURCE_CANNOT_BE_USED
    PAYMENT_SOURCE_DECLINED_BY_PROCESSOR PAYMENT_SOURCE_INFO_CANNOT_BE_VERIFIED REDIRECT_PAYER_FOR_ALTERNATE_FUNDING
    REFERENCED_CARD_EXPIRED TOKEN_EXPIRED TOKEN_ID_NOT_FOUND TRANSACTION_BLOCKED_BY_PAYEE TRANSACTION_LIMIT_EXCEEDED
    TRANSACTION_REFUSED
"""


def test_every_issue_about_the_payer_that_paypal_publishes_is_in_one_of_the_lists():
    assert set(ORDERS_TABLE.split()) <= paypal.FINAL_ISSUES | paypal.OTHER_ISSUES | paypal.AMOUNT_ISSUES


@pytest.mark.parametrize("issue", ["REFERENCED_CARD_EXPIRED", "TOKEN_EXPIRED", "CARD_BRAND_NOT_SUPPORTED"])
def test_an_issue_that_no_later_try_mends(issue):
    decline = declined(Refusal(422, (issue, "UNPROCESSABLE_ENTITY")))
    assert decline is not None
    assert decline.final


def test_the_meaning_of_paypals_codes_is_the_librarys():
    table = " ".join((ProcessorResponseCode.__doc__ or "").split())
    for code, meaning in paypal.FINAL_RESPONSES.items():
        assert f"RESPONSE_{code}: {meaning}." in table, code


def values_of(enumeration: type) -> set[str]:
    return {
        value
        for name, value in vars(enumeration).items()
        if not name.startswith("_") and isinstance(value, str)
    }


def test_paypals_codes_are_those_of_its_library():
    assert values_of(ProcessorResponseCode) >= paypal.FINAL_RESPONSES.keys()
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

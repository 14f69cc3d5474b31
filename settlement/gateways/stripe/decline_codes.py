"""Stripe's decline codes: which are final. Rule: R5.8c.

The whole of both tables of "Stripe decline codes" (https://docs.stripe.com/declines/codes, as it stood in April
2026), cards and local payment methods; why Stripe itself blocks a payment is in "Card declines"
(https://docs.stripe.com/declines/card) and at `outcome.reason` of the Charge
(https://docs.stripe.com/api/charges/object). The tables say what each code means and not which is final, except where
they say that retries won't succeed. Final is what no later try of the same method mends: it is gone or blocked, its
data are wrong, another one must be used, or the issuer or Stripe forbids another try. A code that is in no list is
not final.
"""

from __future__ import annotations

FINAL = frozenset((
    "blocklist", "card_not_supported", "compliance_violation", "currency_not_supported", "do_not_try_again",
    "expired_card", "fraudulent", "incorrect_number", "invalid_account", "invalid_authorization",
    "invalid_billing_agreement", "invalid_expiry_month", "invalid_expiry_year", "invalid_number",
    "invalid_payment_information", "lost_card", "merchant_blacklist", "new_account_information_available",
    "pickup_card", "pin_try_exceeded", "previously_declined_do_not_retry", "restricted_card",
    "revocation_of_all_authorizations", "revocation_of_authorization", "security_violation", "stolen_card",
    "stop_payment_order", "testmode_decline",
))  # fmt: skip
NOT_FINAL = frozenset((
    "approve_with_id", "authentication_not_handled", "authentication_required", "call_issuer", "card_declined",
    "card_velocity_exceeded", "do_not_honor", "duplicate_transaction", "elevated_risk_level",
    "expired_payment_information", "generic_decline", "highest_risk_level", "incorrect_address", "incorrect_cvc",
    "incorrect_pin", "incorrect_zip", "insufficient_funds", "invalid_amount", "invalid_business_account",
    "invalid_customer_account", "invalid_cvc", "invalid_pin", "issuer_not_available",
    "low_probability_of_authorization", "mobile_device_authentication_required", "no_action_taken", "not_permitted",
    "offline_pin_required", "online_or_offline_pin_required", "partner_generic_decline", "partner_high_risk_customer",
    "partner_payment_not_found", "payment_disputed", "payment_limit_exceeded", "processing_error",
    "reenter_transaction", "requested_block_on_incorrect_cvc", "rule", "service_not_allowed",
    "transaction_not_allowed", "try_again_later", "withdrawal_count_limit_exceeded",
))  # fmt: skip
# Stripe's own advice, beside the issuer's code ("Card declines", "Retrying issuer declines").
FINAL_ADVICE = "do_not_try_again"


def is_final(code: str, *, advice: str | None = None) -> bool:
    """Is the same card not to be tried again, by the decline's code or by the advice beside it."""
    return code in FINAL or advice == FINAL_ADVICE

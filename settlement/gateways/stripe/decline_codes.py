"""Stripe's decline codes: which are final. Rule: R5.8c.

The whole table of docs.stripe.com/declines/codes (cards), and the reasons for which Stripe itself blocks a payment
(docs.stripe.com/declines/card). Final is what no later try of the same card mends: the card is gone or blocked, its
data are wrong, or the issuer or Stripe forbids another try. A code that is in neither list is not final.
"""

from __future__ import annotations

FINAL = frozenset((
    "blocklist", "card_not_supported", "currency_not_supported", "do_not_try_again", "expired_card", "fraudulent",
    "incorrect_number", "invalid_account", "invalid_expiry_month", "invalid_expiry_year", "invalid_number", "lost_card",
    "merchant_blacklist", "new_account_information_available", "pickup_card", "previously_declined_do_not_retry",
    "restricted_card", "revocation_of_all_authorizations", "revocation_of_authorization", "security_violation",
    "stolen_card", "stop_payment_order", "testmode_decline",
))  # fmt: skip
NOT_FINAL = frozenset((
    "approve_with_id", "authentication_not_handled", "authentication_required", "call_issuer", "card_declined",
    "card_velocity_exceeded", "do_not_honor", "duplicate_transaction", "elevated_risk_level", "generic_decline",
    "highest_risk_level", "incorrect_address", "incorrect_cvc", "incorrect_pin", "incorrect_zip", "insufficient_funds",
    "invalid_amount", "invalid_cvc", "invalid_pin", "issuer_not_available", "mobile_device_authentication_required",
    "no_action_taken", "not_permitted", "offline_pin_required", "online_or_offline_pin_required", "pin_try_exceeded",
    "processing_error", "reenter_transaction", "requested_block_on_incorrect_cvc", "rule", "service_not_allowed",
    "transaction_not_allowed", "try_again_later", "withdrawal_count_limit_exceeded",
))  # fmt: skip
# Stripe's own advice, beside the issuer's code (docs.stripe.com/declines/card#retrying-issuer-declines).
FINAL_ADVICE = "do_not_try_again"


def is_final(code: str, *, advice: str | None = None) -> bool:
    """Is the same card not to be tried again, by the decline's code or by the advice beside it."""
    return code in FINAL or advice == FINAL_ADVICE

"""PayPal's issues and response codes of declined payments: which are final. Rule: R5.8c.

Issues: those of creating and capturing an order that are about the payer, by PayPal's own specification of the Orders
API (https://github.com/paypal/paypal-rest-api-specifications, `openapi/checkout_orders_v2.json`) and its page "Orders
v2 errors" (https://developer.paypal.com/api/rest/reference/orders/v2/errors); beside them the payer's of "Payments v1
errors" (https://developer.paypal.com/api/deprecated/payments/v1/errors) and of the library's `ReasonCode`, which
orders may bring too. Response and advice codes: the library's `ProcessorResponseCode` and `PaymentAdviceCode`
(paypal-server-sdk 2.4.0), with their meaning there.

Final is where PayPal or the card's network says that the same account or card is not to be tried again, or that it is
gone. A code that is in no list is not final.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

FINAL_ISSUES = frozenset((
    "AGREEMENT_ALREADY_CANCELLED", "BILLING_AGREEMENT_NOT_FOUND", "CARD_BRAND_NOT_SUPPORTED", "CARD_CLOSED",
    "CARD_EXPIRED", "INVALID_VAULT_ID", "PAYEE_BLOCKED_TRANSACTION", "PAYER_ACCOUNT_LOCKED_OR_CLOSED",
    "PAYER_ACCOUNT_RESTRICTED", "PAYMENT_SOURCE_CANNOT_BE_USED", "REFERENCED_CARD_EXPIRED", "TOKEN_EXPIRED",
    "TOKEN_ID_NOT_FOUND", "TRANSACTION_BLOCKED_BY_PAYEE",
))  # fmt: skip
OTHER_ISSUES = frozenset((
    "COMPLIANCE_VIOLATION", "DECLINED_DUE_TO_RELATED_TXN", "DOMESTIC_TRANSACTION_REQUIRED", "INSTRUMENT_DECLINED",
    "INSUFFICIENT_FUNDS", "MAX_NUMBER_OF_PAYMENT_ATTEMPTS_EXCEEDED", "PAYER_ACTION_REQUIRED", "PAYER_CANNOT_PAY",
    "PAYMENT_DENIED", "PAYMENT_SOURCE_DECLINED_BY_PROCESSOR", "PAYMENT_SOURCE_INFO_CANNOT_BE_VERIFIED",
    "REDIRECT_PAYER_FOR_ALTERNATE_FUNDING", "SENDING_LIMIT_EXCEEDED", "TRANSACTION_REFUSED",
))  # fmt: skip
# Of the amount: more than PayPal takes in one payment, or what it cannot write. No decline of the payer's. Rule: R5.8d.
AMOUNT_ISSUES = frozenset(("CANNOT_BE_ZERO_OR_NEGATIVE", "DECIMAL_PRECISION", "TRANSACTION_LIMIT_EXCEEDED"))
FINAL_RESPONSES: Mapping[str, str] = {
    "0390": "ACCOUNT_NOT_FOUND", "1330": "INVALID_ACCOUNT", "1335": "INVALID_ACCOUNT_RECURRING",
    "1352": "RESTRICTED_OR_INACTIVE_ACCOUNT", "1380": "INVALID_EXPIRATION", "5140": "CARD_CLOSED",
    "5150": "PICKUP_CARD_SPECIAL_CONDITIONS", "5160": "UNAUTHORIZED_USER", "5180": "INVALID_OR_RESTRICTED_CARD",
    "5400": "EXPIRED_CARD", "5910": "ISSUER_NOT_AVAILABLE_NOT_RETRIABLE", "5950": "DECLINED_DUE_TO_UPDATED_ACCOUNT",
    "6300": "ACCOUNT_NOT_ON_FILE", "9500": "SUSPECTED_FRAUD", "9510": "SECURITY_VIOLATION", "9520": "LOST_OR_STOLEN",
    "9540": "REFUSED_CARD", "PP06": "ACCOUNT_CLOSED", "PPAB": "ACCOUNT_BLOCKED_BY_ISSUER",
    "PPCT": "CARD_TYPE_UNSUPPORTED", "PPEF": "EXPIRED_FUNDING_INSTRUMENT", "PPEX": "EXPIRY_DATE",
    "PPFI": "INVALID_FUNDING_INSTRUMENT", "PPFR": "RESTRICTED_FUNDING_INSTRUMENT", "PPMC": "BLOCKED_Mastercard",
    "PPPM": "INVALID_PAYMENT_METHOD", "PPRN": "REATTEMPT_NOT_PERMITTED", "PPTE": "VERIFICATION_TOKEN_EXPIRED",
    "PPTR": "VERIFICATION_TOKEN_REVOKED", "PPTV": "INVALID_VERIFICATION_TOKEN",
}  # fmt: skip
# Of a card's network: new account information needed, closed as fraudulent or stopped by the holder, all recurring
# payments stopped.
FINAL_ADVICE = frozenset(("01", "03", "21"))


def of_processor(thing: Mapping[str, Any]) -> tuple[str | None, bool]:
    """The processor's code of a payment that was not made, None where there is none; and whether it is final."""
    response = thing.get("processor_response") or {}
    code, advice = response.get("response_code"), response.get("payment_advice_code")
    return code, code in FINAL_RESPONSES or advice in FINAL_ADVICE

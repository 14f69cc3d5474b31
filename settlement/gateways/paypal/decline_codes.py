"""PayPal's issues and response codes of declined payments: which are final. Rule: R5.8c.

Issues as developer.paypal.com/api/rest/reference/orders/v2/errors lists them for creating and capturing orders, as far
as they are about the payer; processor response and payment advice codes as PayPal's server library has them
(`ProcessorResponseCode`, `PaymentAdviceCode`). Final is where PayPal or the card's network says that the same account
or card is not to be tried again, or that it is gone. A code that is in no list is not final.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

FINAL_ISSUES = frozenset((
    "AGREEMENT_ALREADY_CANCELLED", "BILLING_AGREEMENT_NOT_FOUND", "CARD_CLOSED", "CARD_EXPIRED",
    "CARD_TYPE_NOT_SUPPORTED", "INVALID_VAULT_ID", "PAYEE_BLOCKED_TRANSACTION", "PAYER_ACCOUNT_LOCKED_OR_CLOSED",
    "PAYER_ACCOUNT_RESTRICTED", "PAYMENT_SOURCE_CANNOT_BE_USED", "PAYMENT_TOKEN_NOT_FOUND",
    "TRANSACTION_BLOCKED_BY_PAYEE",
))  # fmt: skip
OTHER_ISSUES = frozenset((
    "COMPLIANCE_VIOLATION", "DOMESTIC_TRANSACTION_REQUIRED", "INSTRUMENT_DECLINED", "INSUFFICIENT_FUNDS",
    "MAX_NUMBER_OF_PAYMENT_ATTEMPTS_EXCEEDED", "PAYER_ACTION_REQUIRED", "PAYER_CANNOT_PAY", "PAYMENT_DENIED",
    "PAYMENT_SOURCE_DECLINED_BY_PROCESSOR", "REDIRECT_PAYER_FOR_ALTERNATE_FUNDING", "SENDING_LIMIT_EXCEEDED",
    "TRANSACTION_LIMIT_EXCEEDED", "TRANSACTION_REFUSED",
))  # fmt: skip
# Of a processor: account not found, unauthorized, restricted or closed, stolen, suspected fraud, expired, blocked,
# "do not retry the same card", "reattempt not permitted".
FINAL_RESPONSES = frozenset((
    "0390", "1330", "1335", "1352", "1380", "5140", "5150", "5160", "5180", "5400", "5910", "5950", "6300", "9500",
    "9510", "9520", "9540", "PP06", "PPAB", "PPCT", "PPEF", "PPEX", "PPFI", "PPFR", "PPMC", "PPRN", "PPTE", "PPTR",
))  # fmt: skip
# Of a card's network: new account information needed, closed as fraudulent or stopped by the holder, all recurring
# payments stopped.
FINAL_ADVICE = frozenset(("01", "03", "21"))


def of_processor(thing: Mapping[str, Any]) -> tuple[str | None, bool]:
    """The processor's code of a payment that was not made, None where there is none; and whether it is final."""
    response = thing.get("processor_response") or {}
    code, advice = response.get("response_code"), response.get("payment_advice_code")
    return code, code in FINAL_RESPONSES or advice in FINAL_ADVICE

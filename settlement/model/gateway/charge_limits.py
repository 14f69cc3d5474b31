"""Which amounts a gateway takes: the least of a currency, and the steps in which it counts. Rule: R5.8a.

As the providers publish them (docs.stripe.com/currencies, developer.paypal.com/reference/currency-codes), in ISO 4217
minor units. A deployment whose account settles in another currency may have other minimums, so they can be set.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class ChargeUnit(NamedTuple):
    """Amounts of a currency at a gateway, minor units: at least `minimum_minor`, in whole multiples of `step_minor`."""

    minimum_minor: int = 1
    step_minor: int = 1


# Of charges in the currency that a Stripe account settles in.
_MINIMUMS: Mapping[str, Mapping[str, int]] = {
    "stripe": {
        "AED": 2_00, "AUD": 50, "BGN": 1_00, "BRL": 50, "CAD": 50, "CHF": 50, "CZK": 15_00, "DKK": 2_50, "EUR": 50,
        "GBP": 30, "HKD": 4_00, "HUF": 175_00, "INR": 50, "JPY": 50, "MXN": 10_00, "MYR": 2_00, "NOK": 3_00, "NZD": 50,
        "PLN": 2_00, "RON": 2_00, "SEK": 3_00, "SGD": 50, "THB": 10_00, "USD": 50,
    },
}  # fmt: skip
# Where a gateway counts more coarsely than ISO 4217: the last of three decimals has to be zero at Stripe, and it
# knows fewer decimals of some; PayPal knows none of two.
_STEPS: Mapping[str, Mapping[str, int]] = {
    "stripe": {
        "BHD": 10, "CLF": 100, "IQD": 10, "JOD": 10, "KWD": 10, "LYD": 10, "MGA": 100, "OMR": 10, "TND": 10, "UYW": 100,
    },
    "paypal": {"HUF": 100, "TWD": 100},
}  # fmt: skip


def published_unit(gateway: str, currency: str) -> ChargeUnit:
    """What the provider publishes; a currency that it says nothing about is taken to the last minor unit."""
    return ChargeUnit(_MINIMUMS.get(gateway, {}).get(currency, 1), _STEPS.get(gateway, {}).get(currency, 1))

"""Which amounts a gateway takes: least and most of a currency, and the steps in which it counts. Rule: R5.8a.

As the providers publish them (docs.stripe.com/currencies, developer.paypal.com/reference/currency-codes), in ISO 4217
minor units. A deployment whose account settles in another currency, or has other terms, may have others, so they can be
set.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class ChargeUnit(NamedTuple):
    """Amounts of a currency at a gateway, minor units: at least `minimum_minor`, at most `maximum_minor` where there is
    one, in whole multiples of `step_minor`.
    """

    minimum_minor: int = 1
    step_minor: int = 1
    maximum_minor: int | None = None


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


# "The amount value supports up to eight digits", in the units that Stripe counts in (docs.stripe.com/api, `amount`).
# These are counted there with two places that ISO 4217 does not give them, or with fewer than it gives them.
_STRIPE_DIGITS = 99_999_999
_MORE_PLACES: Mapping[str, int] = {"ISK": 100, "UGX": 100, "UYI": 100}
_FEWER_PLACES: Mapping[str, int] = {"CLF": 100, "IQD": 10, "LYD": 10, "MGA": 100, "UYW": 100}
# A verified PayPal account sends at most this in one transaction (paypal.com/us/cshelp/article/help384).
_MAXIMUMS: Mapping[str, Mapping[str, int]] = {"paypal": {"USD": 60_000_00}}


def published_unit(gateway: str, currency: str) -> ChargeUnit:
    """What the provider publishes; a currency that it says nothing about is taken to the last minor unit."""
    maximum = _MAXIMUMS.get(gateway, {}).get(currency)
    if gateway == "stripe":
        maximum = _STRIPE_DIGITS * _FEWER_PLACES.get(currency, 1) // _MORE_PLACES.get(currency, 1)
    return ChargeUnit(
        _MINIMUMS.get(gateway, {}).get(currency, 1), _STEPS.get(gateway, {}).get(currency, 1), maximum
    )

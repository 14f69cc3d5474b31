"""Stripe's smallest units, which are not ISO 4217's for a few currencies (docs.stripe.com/currencies)."""

from __future__ import annotations

from settlement.errors import Refused
from settlement.model.money import exponent_of

# Counted in whole units there although ISO gives them none, or some; the rest follows ISO.
_ZERO_DECIMAL = frozenset((
    "BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF",
))  # fmt: skip
# Sent with two places that must be zero.
_TWO_THOUGH_NONE = frozenset(("ISK", "UGX"))
# Three places of which the last must be zero.
_THREE = frozenset(("BHD", "JOD", "KWD", "OMR", "TND"))


def _places(currency: str) -> int:
    if currency in _ZERO_DECIMAL:
        return 0
    if currency in _TWO_THOUGH_NONE:
        return 2
    return 3 if currency in _THREE else 2


def to_stripe(amount_minor: int, currency: str) -> int:
    """ISO minor units as Stripe counts them.

    Raises:
        Refused: `amount_not_chargeable`, where it has a fraction of what Stripe counts in.
    """
    ours, theirs = exponent_of(currency), _places(currency)
    if theirs >= ours:
        amount = amount_minor * int(10 ** (theirs - ours))
    else:
        amount, rest = divmod(amount_minor, int(10 ** (ours - theirs)))
        if rest:
            raise Refused(
                "amount_not_chargeable", f"{amount_minor} minor units of {currency} cannot be charged exactly"
            )
    if currency in _THREE and amount % 10:
        raise Refused(
            "amount_not_chargeable", f"an amount of {currency} must end with a zero in the third place"
        )
    return amount


def from_stripe(amount: int, currency: str) -> int:
    """Stripe's units as ISO minor units."""
    ours, theirs = exponent_of(currency), _places(currency)
    return amount * int(10 ** (ours - theirs)) if ours >= theirs else amount // int(10 ** (theirs - ours))

"""How this deployment collects from standard accounts: thresholds, retries, reminders. Rule: R5.*."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import time, timedelta

from settlement.errors import Refused


@dataclass(frozen=True, slots=True)
class CurrencyThresholds:
    """Thresholds of one currency, minor units: of bank cards, and the range of PayPal accounts. Rule: R5.1."""

    currency: str
    bank_card_minor: int
    paypal_min_minor: int
    paypal_max_minor: int


@dataclass(frozen=True, slots=True)
class DunningTerms:
    """What follows from a decline for one group of products.

    A product belongs to the first group one of whose `products` it begins with; none at all means every product, which
    is what the last group of a table is for. Days are counted from T, the first decline.
    """

    product_group: str = "default"
    products: tuple[str, ...] = ()
    suspend_after_days: int = 15
    release_after_days: int = 30


@dataclass(frozen=True, slots=True)
class CollectionPolicy:
    """Everything that collecting depends on. Hashable, like the policy it is part of.

    `sweep_time`: local time, on the last day of the month. `retry_after_days` count from T, `reminders_before_days`
    back from suspension and release. `attempts_per_day`: charges by threshold and retries that an account may see in
    a local day. `pre_authorization`: amount by currency, minor units. `charge_minimums`, `charge_maximums`: the
    least and the most that is charged at once by gateway and currency, minor units, where it is not what the provider
    publishes. `inquire_after`: intervals after which a
    charge in doubt is asked about, the last one again and again; after `operator_after_asks` of them it is announced.
    `send_lease`: for how long an attempt belongs to the process that took it. `payer_may_take`: how long a payer may
    take to confirm. `refund_read_again_after`: how long after a refund was given back it is looked at again, ascending.
    `gateways`: those set up here.
    """

    thresholds: tuple[CurrencyThresholds, ...] = (CurrencyThresholds("USD", 1000_00, 8_00, 500_00),)
    sweep_time: time = time(23, 0)
    retry_after_days: tuple[int, ...] = (7, 14)
    reminders_before_days: tuple[int, ...] = (7, 3, 1)
    dunning: tuple[DunningTerms, ...] = (DunningTerms(),)
    attempts_per_day: int = 3
    pre_authorization: tuple[tuple[str, int], ...] = (("USD", 1_00),)
    charge_minimums: tuple[tuple[str, str, int], ...] = ()
    charge_maximums: tuple[tuple[str, str, int], ...] = ()
    inquire_after: tuple[timedelta, ...] = (
        timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30),
        timedelta(hours=2), timedelta(hours=6), timedelta(hours=24),
    )  # fmt: skip
    operator_after_asks: int = 6
    send_lease: timedelta = timedelta(minutes=2)
    payer_may_take: timedelta = timedelta(days=1)
    refund_read_again_after: tuple[timedelta, ...] = (timedelta(days=7), timedelta(days=30))
    gateways: tuple[str, ...] = ("sandbox", "stripe", "paypal")

    def __post_init__(self) -> None:
        """Refuses a table of product groups that does not say what its author meant.

        Raises:
            Refused: `bad_dunning_table`.
        """
        if (wrong := _wrong_with(self.dunning)) is not None:
            raise Refused("bad_dunning_table", wrong)

    def thresholds_for(self, currency: str) -> CurrencyThresholds | None:
        """The thresholds of a currency; None where none are set, for there is no silent default."""
        return next((entry for entry in self.thresholds if entry.currency == currency), None)

    def pre_authorization_for(self, currency: str) -> int | None:
        """The amount of a pre-authorization, minor units; None where none is set."""
        return next((minor for known, minor in self.pre_authorization if known == currency), None)

    def charge_minimum_for(self, gateway: str, currency: str) -> int | None:
        """The least that is charged, minor units; None where it is what the provider publishes."""
        return _of(self.charge_minimums, gateway, currency)

    def charge_maximum_for(self, gateway: str, currency: str) -> int | None:
        """The most that is charged at once, minor units; None where it is what the provider publishes."""
        return _of(self.charge_maximums, gateway, currency)


def _of(limits: Sequence[tuple[str, str, int]], gateway: str, currency: str) -> int | None:
    return next((minor for name, code, minor in limits if (name, code) == (gateway, currency)), None)


def _wrong_with(dunning: Sequence[DunningTerms]) -> str | None:
    """Why some group of the table is never reached, or some product has none; None where neither is so."""
    known: list[tuple[str, str]] = []
    for number, terms in enumerate(dunning):
        group = terms.product_group
        if group in {earlier.product_group for earlier in dunning[:number]}:
            return f"group {group} is there twice"
        if not terms.products and number < len(dunning) - 1:
            after = dunning[number + 1].product_group
            return (
                f"group {group} holds every product, so {after} after it is never reached: put {group} last"
            )
        for product in terms.products:
            if not product:
                return (
                    f"group {group} names a product that is empty; a group without products holds all others"
                )
            if (
                hit := next((other for prefix, other in known if product.startswith(prefix)), None)
            ) is not None:
                return f"product {product} of {group} is never reached: group {hit} before it holds it"
        known += [(product, group) for product in terms.products]
    if not dunning or dunning[-1].products:
        return "no group holds the other products: end with a group without products"
    return None

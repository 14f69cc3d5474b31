"""Which amounts a gateway takes, and how much of what is owed that is. Rule: R5.8a."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from settlement.errors import Refused
from settlement.gateways.paypal.objects import from_paypal, to_paypal
from settlement.gateways.stripe.amounts import from_stripe, to_stripe
from settlement.model.currencies import EXPONENTS
from settlement.model.gateway.charge_limits import ChargeUnit, published_unit
from settlement.model.policies.collection import CollectionPolicy
from settlement.rules.charge_limits import charge_unit, chargeable_minor, chargeable_parts, holdable_minor

POLICY = CollectionPolicy()


@pytest.mark.parametrize(
    ("gateway", "currency", "total", "charged"),
    [
        ("stripe", "USD", 49, 0), ("stripe", "USD", 50, 50), ("stripe", "USD", 51, 51),
        ("stripe", "KWD", 1_234, 1_230), ("stripe", "KWD", 9, 0), ("stripe", "JPY", 49, 0),
        ("stripe", "HUF", 17_499, 0), ("stripe", "MGA", 199, 100), ("paypal", "USD", 1, 1),
        ("paypal", "HUF", 123_456, 123_400),
        ("stripe", "USD", 250_000_000, 99_999_999), ("stripe", "KWD", 250_000_000, 99_999_990),
        ("stripe", "ISK", 2_000_000, 999_999), ("stripe", "MGA", 20_000_000_000, 9_999_999_900),
        ("paypal", "USD", 250_000_000, 60_000_00), ("sandbox", "USD", 250_000_000, 250_000_000),
        ("paypal", "TWD", 99, 0), ("paypal", "JPY", 7, 7), ("sandbox", "USD", 1, 1), ("sandbox", "USD", 0, 0),
    ],
)  # fmt: skip
def test_what_a_gateway_takes_of_a_total(gateway, currency, total, charged):
    assert chargeable_minor(total, charge_unit(gateway, currency, POLICY)) == charged


def test_a_deployment_may_have_another_minimum():
    policy = CollectionPolicy(charge_minimums=(("stripe", "USD", 2_00), ("paypal", "USD", 1_00)))
    assert charge_unit("stripe", "USD", policy) == ChargeUnit(2_00, 1, 99_999_999)
    assert charge_unit("stripe", "KWD", policy) == ChargeUnit(1, 10, 99_999_999)
    assert charge_unit("paypal", "USD", policy) == ChargeUnit(1_00, 1, 60_000_00)


def test_a_deployment_may_have_another_maximum():
    policy = CollectionPolicy(charge_maximums=(("stripe", "USD", 10_000_00), ("sandbox", "JPY", 7)))
    assert charge_unit("stripe", "USD", policy) == ChargeUnit(50, 1, 10_000_00)
    assert charge_unit("sandbox", "JPY", policy) == ChargeUnit(1, 1, 7)


@pytest.mark.parametrize("currency", sorted(EXPONENTS))
def test_stripe_never_gets_more_than_eight_digits(currency):
    most = chargeable_minor(10**15, published_unit("stripe", currency))
    assert 9_999_999 < to_stripe(most, currency) <= 99_999_999


@pytest.mark.parametrize("currency", sorted(EXPONENTS))
def test_the_steps_are_those_in_which_the_adapters_count(currency):
    stripe, paypal = (
        published_unit("stripe", currency).step_minor,
        published_unit("paypal", currency).step_minor,
    )
    assert from_stripe(to_stripe(7 * stripe, currency), currency) == 7 * stripe
    written = to_paypal(7 * paypal, currency)
    assert written is not None
    assert from_paypal(written) == 7 * paypal
    if stripe > 1:
        with pytest.raises(Refused):
            to_stripe(7 * stripe + 1, currency)
    if paypal > 1:
        assert to_paypal(7 * paypal + 1, currency) is None


units = st.builds(
    ChargeUnit, st.integers(1, 500), st.sampled_from([1, 10, 100]), st.none() | st.integers(500, 900)
)
parts_of = st.lists(st.integers(1, 400), max_size=4).map(
    lambda amounts: [(202601 + number, amount) for number, amount in enumerate(amounts)]
)


@given(parts_of, units)
def test_parts_are_cut_from_the_end_and_never_to_more_than_was_owed(parts, unit):
    cut = chargeable_parts(parts, unit)
    total = sum(amount for _, amount in cut)
    assert total == chargeable_minor(sum(amount for _, amount in parts), unit)
    assert total % unit.step_minor == 0
    assert not cut or total >= unit.minimum_minor
    assert unit.maximum_minor is None or total <= unit.maximum_minor
    owed = dict(parts)
    assert all(0 < amount <= owed[cycle] for cycle, amount in cut)
    assert [cycle for cycle, _ in cut] == [cycle for cycle, _ in parts][: len(cut)]
    assert all(amount == owed[cycle] for cycle, amount in cut[:-1])


@given(st.integers(1, 10_000), units)
def test_a_hold_is_never_less_than_asked_for_and_can_be_made(amount, unit):
    held = holdable_minor(amount, unit)
    assert held >= max(amount, unit.minimum_minor)
    assert held % unit.step_minor == 0
    assert held < max(amount, unit.minimum_minor) + unit.step_minor

"""From the settings of collecting to the values that rules and gateways take."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING

from config.collection import CollectionSettings, GatewayName, ThresholdSettings
from config.settings import Settings, SettingsError
from settlement.errors import Refused
from settlement.gateways.registry import GatewaySetup
from settlement.model.money import parse_amount
from settlement.model.policies.collection import CollectionPolicy, CurrencyThresholds, DunningTerms

if TYPE_CHECKING:
    from settlement.operations.gateway.engine import CallLimits


def collection_policy_of(settings: Settings) -> CollectionPolicy:
    """The values that the rules of collecting depend on.

    Raises:
        SettingsError: an amount or currency does not fit, a range has its ends the wrong way round, or the table of
            product groups holds one that is never reached or none for some products.
    """
    try:
        return _policy(settings.collection, gateway_setup_of(settings).names)
    except Refused as refusal:
        raise SettingsError(f"SETTLE_COLLECTION__DUNNING: {refusal.message}") from None


def _policy(given: CollectionSettings, set_up: tuple[str, ...]) -> CollectionPolicy:
    return CollectionPolicy(
        thresholds=tuple(_thresholds(code, values) for code, values in given.thresholds.items()),
        sweep_time=given.sweep_time,
        retry_after_days=tuple(sorted(given.retry_after_days)),
        reminders_before_days=given.reminders_before_days,
        dunning=tuple(
            DunningTerms(group, terms.products, terms.suspend_after_days, terms.release_after_days)
            for group, terms in given.dunning.items()
        ),
        attempts_per_day=given.attempts_per_day,
        pre_authorization=tuple(
            (code, _minor("PRE_AUTHORIZATION", code, amount, code))
            for code, amount in given.pre_authorization.items()
        ),
        charge_minimums=_limits("CHARGE_MINIMUMS", given.charge_minimums),
        charge_maximums=_limits("CHARGE_MAXIMUMS", given.charge_maximums),
        inquire_after=tuple(timedelta(seconds=seconds) for seconds in given.ask_after_s),
        operator_after_asks=given.operator_after_asks,
        send_lease=timedelta(seconds=given.send_lease_s),
        payer_may_take=timedelta(seconds=given.payer_may_take_s),
        refund_read_again_after=tuple(
            timedelta(days=days) for days in sorted(given.refund_read_again_after_days)
        ),
        gateways=given.gateways or set_up,
    )


def _limits(name: str, given: Mapping[GatewayName, Mapping[str, str]]) -> tuple[tuple[str, str, int], ...]:
    return tuple(
        (gateway, code, _minor(name, f"{gateway} {code}", amount, code))
        for gateway, amounts in given.items()
        for code, amount in amounts.items()
    )


def _thresholds(code: str, values: ThresholdSettings) -> CurrencyThresholds:
    bank_card, lowest, highest = (
        _minor("THRESHOLDS", code, amount, code)
        for amount in (values.bank_card, values.paypal_min, values.paypal_max)
    )
    if lowest > highest:
        raise SettingsError(f"SETTLE_COLLECTION__THRESHOLDS {code}: paypal_min is above paypal_max")
    return CurrencyThresholds(code, bank_card, lowest, highest)


def _minor(variable: str, entry: str, amount: str, code: str) -> int:
    try:
        return parse_amount(amount, code)
    except Refused as error:
        raise SettingsError(f"SETTLE_COLLECTION__{variable} {entry}: {error.message}") from None


def call_limits_of(settings: Settings) -> CallLimits:
    """How many charges at a time, and how many calls a second by gateway."""
    from settlement.operations.gateway.engine import CallLimits

    given = settings.gateways
    rates = {"sandbox": given.sandbox_per_s, "stripe": given.stripe_per_s, "paypal": given.paypal_per_s}
    return CallLimits(batch=settings.collection.batch, per_s=rates)


def gateway_setup_of(settings: Settings) -> GatewaySetup:
    """Keys and addresses of the gateways. It holds secrets."""
    given = settings.gateways
    # It takes every charge and moves no money, so beside a real one it has to be requested.
    is_alone = not (given.stripe_key or given.paypal_client_id)
    return GatewaySetup(
        sandbox=is_alone if given.sandbox is None else given.sandbox,
        stripe_key=given.stripe_key.get_secret_value() if given.stripe_key else "",
        stripe_url=given.stripe_url,
        stripe_webhook_secrets=tuple(secret.get_secret_value() for secret in given.stripe_webhook_secrets),
        paypal_client_id=given.paypal_client_id,
        paypal_secret=given.paypal_secret.get_secret_value() if given.paypal_secret else "",
        paypal_url=given.paypal_url,
        paypal_webhook_id=given.paypal_webhook_id,
        timeout_s=given.timeout_s,
        webhook_tolerance=timedelta(seconds=given.webhook_tolerance_s),
    )

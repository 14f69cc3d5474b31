"""Settings of collecting: amounts and lists as JSON, errors that name their setting, and no secret anywhere."""

from __future__ import annotations

import dataclasses
import json
import logging
import pickle
from datetime import time, timedelta

import pytest
from pydantic import ValidationError

from config.settings import Settings, SettingsError, load_settings
from sandbox.gatewaysim.state import SimState
from sandbox.gatewaysim.webhooks import signed
from settlement.errors import Refused, Unavailable
from settlement.gateways.registry import GatewaySetup, build_gateways
from settlement.model.policies.collection import CurrencyThresholds, DunningTerms
from tests.support.builders import utc
from worker.policies.collection import call_limits_of, collection_policy_of, gateway_setup_of

pytestmark = pytest.mark.usefixtures("no_settings")

SECRETS = {
    "SETTLE_GATEWAYS__STRIPE_KEY": "sk_test_hidden1",
    "SETTLE_GATEWAYS__STRIPE_WEBHOOK_SECRETS": '["whsec_hidden2", "whsec_hidden3"]',
    "SETTLE_GATEWAYS__PAYPAL_CLIENT_ID": "client_sim",
    "SETTLE_GATEWAYS__PAYPAL_SECRET": "hidden4",
}


@pytest.fixture
def setting(monkeypatch: pytest.MonkeyPatch):
    """Sets variables by the name that follows SETTLE_."""

    def give(**values: str) -> None:
        for name, value in values.items():
            monkeypatch.setenv(f"SETTLE_{name}", value)

    return give


@pytest.fixture
def with_secrets(monkeypatch: pytest.MonkeyPatch) -> Settings:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    return load_settings()


def error_of_loading() -> str:
    with pytest.raises(SettingsError) as caught:
        load_settings()
    lines = str(caught.value).splitlines()
    assert len({line.split()[0].rstrip(":") for line in lines}) == 1, "only one setting was wrong"
    return "; ".join(lines)


def error_of_policy() -> str:
    with pytest.raises(SettingsError) as caught:
        collection_policy_of(load_settings())
    return str(caught.value)


# --------------------------------------------------------------------------------------------- secrets
def test_no_way_of_showing_the_settings_shows_a_secret(with_secrets, caplog):
    given = with_secrets.gateways
    with caplog.at_level(logging.INFO):
        logging.getLogger("settings").info("%s %r", with_secrets, given)
    shown = [
        repr(with_secrets), str(with_secrets), with_secrets.model_dump_json(),
        json.dumps(given.model_dump(mode="json")), repr(given), str(given), str(given.model_dump()),
        f"{given.stripe_key} {given.stripe_webhook_secrets}",
        str(dict(given)), caplog.text,
    ]  # fmt: skip
    assert [text for text in shown if "hidden" in text] == []
    assert all("client_sim" in text for text in shown if "paypal_client_id" in text)


def test_the_secrets_reach_the_gateways_and_their_set_up_does_not_show_them(with_secrets):
    setup = gateway_setup_of(with_secrets)
    assert (setup.stripe_key, setup.paypal_secret) == ("sk_test_hidden1", "hidden4")
    assert setup.stripe_webhook_secrets == ("whsec_hidden2", "whsec_hidden3")
    assert f"{setup!r} {setup}" == "GatewaySetup(stripe, paypal) GatewaySetup(stripe, paypal)"
    assert "hidden" not in repr(build_gateways(setup))


def test_a_secret_survives_being_handed_to_another_process_and_is_still_not_shown(with_secrets):
    copy = pickle.loads(pickle.dumps(with_secrets))
    assert copy == with_secrets
    assert "hidden" not in repr(copy)


@pytest.mark.parametrize(
    "value",
    [
        "whsec_hidden",
        '"whsec_hidden"',
        '["whsec_hidden", 5]',
        '{"whsec_hidden": 1}',
        '["whsec_hidden"',
        "[null]",
    ],
)
def test_secrets_in_the_wrong_shape_are_named_and_not_repeated(setting, value):
    setting(GATEWAYS__STRIPE_WEBHOOK_SECRETS=value)
    line = error_of_loading()
    assert line.startswith("SETTLE_GATEWAYS__STRIPE_WEBHOOK_SECRETS")
    assert "hidden" not in line


# --------------------------------------------------------------------------------------------- JSON
def test_values_written_as_json_reach_the_policy(setting):
    setting(
        COLLECTION__THRESHOLDS="""{"EUR": {"bank_card": "900.50", "paypal_min": "7", "paypal_max": "400"},
                                   "JPY": {"bank_card": "150000", "paypal_min": "1000", "paypal_max": "70000"}}""",
        COLLECTION__PRE_AUTHORIZATION='{"EUR": "1.50", "JPY": "100"}',
        COLLECTION__CHARGE_MAXIMUMS='{"stripe": {"USD": "5000"}}',
        COLLECTION__CHARGE_MINIMUMS='{"stripe": {"INR": "50", "USD": 2.50}, "sandbox": {"JPY": "10"}}',
        COLLECTION__RETRY_AFTER_DAYS="[10, 3]",
        COLLECTION__REMINDERS_BEFORE_DAYS="[5]",
        COLLECTION__ASK_AFTER_S="[30, 60]",
        COLLECTION__DUNNING='{"compute": {"products": ["ECS"], "suspend_after_days": 20}, "default": {}}',
        COLLECTION__SWEEP_TIME="22:30",
    )
    policy = collection_policy_of(load_settings())
    assert policy.thresholds == (
        CurrencyThresholds("EUR", 900_50, 7_00, 400_00), CurrencyThresholds("JPY", 150_000, 1000, 70_000),
    )  # fmt: skip
    assert policy.pre_authorization == (("EUR", 1_50), ("JPY", 100))
    assert policy.charge_maximums == (("stripe", "USD", 5_000_00),)
    assert policy.charge_minimums == (
        ("stripe", "INR", 50_00), ("stripe", "USD", 2_50), ("sandbox", "JPY", 10),
    )  # fmt: skip
    assert policy.retry_after_days == (3, 10)
    assert policy.reminders_before_days == (5,)
    assert policy.inquire_after == (timedelta(seconds=30), timedelta(minutes=1))
    assert policy.dunning == (DunningTerms("compute", ("ECS",), 20, 30), DunningTerms())
    assert policy.sweep_time == time(22, 30)


def test_an_amount_written_as_a_number_is_never_a_float(setting):
    # 1e22 + 0.1 and 8.05 are where a float would round.
    setting(
        COLLECTION__THRESHOLDS='{"USD": {"bank_card": 90071992547409.93, "paypal_min": 8.05, "paypal_max": 500.10}}'
    )
    (usd,) = collection_policy_of(load_settings()).thresholds
    assert usd == CurrencyThresholds("USD", 90_071_992_547_409_93, 8_05, 500_10)


def test_a_list_may_be_empty_where_that_means_something(setting):
    setting(COLLECTION__RETRY_AFTER_DAYS="[]", COLLECTION__REMINDERS_BEFORE_DAYS="[]")
    policy = collection_policy_of(load_settings())
    assert policy.retry_after_days == policy.reminders_before_days == ()


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("COLLECTION__THRESHOLDS", "{", "is not JSON"),
        ("COLLECTION__THRESHOLDS", "[1]", "must be an object"),
        ("COLLECTION__THRESHOLDS", '{"usd": {"bank_card": "1"}}', "usd"),
        ("COLLECTION__THRESHOLDS", '{"USD": {"bank_card": "1", "paypal_min": "1"}}', "USD.paypal_max"),
        ("COLLECTION__THRESHOLDS", '{"USD": {"bank_card": "-1"}}', "'-1'"),
        ("COLLECTION__THRESHOLDS", '{"USD": {"bank_card": "1e3"}}', "'1e3'"),
        ("COLLECTION__THRESHOLDS", '{"USD": {"card": "1"}}', "USD.card"),
        ("COLLECTION__RETRY_AFTER_DAYS", "7,14", "is not JSON"),
        ("COLLECTION__RETRY_AFTER_DAYS", "[0]", "must be at least 1"),
        ("COLLECTION__REMINDERS_BEFORE_DAYS", '["soon"]', "'soon'"),
        ("COLLECTION__DUNNING", '{"default": {"suspend_after_days": 0}}', "default.suspend_after_days"),
        ("COLLECTION__DUNNING", '{"default": {"supend_after_days": 9}}', "default.supend_after_days"),
        ("COLLECTION__PRE_AUTHORIZATION", '{"USD": "one"}', "'one'"),
        ("COLLECTION__ASK_AFTER_S", "60", "must be a list"),
        ("COLLECTION__SWEEP_TIME", "23:00+08:00", "takes no offset"),
        ("COLLECTION__ATTEMPTS_PER_DAY", "0", "must be at least 1"),
        ("COLLECTION__EVERY_S", "0", "must be above 0"),
        ("COLLECTION__TRESHOLDS", "{}", "did you mean SETTLE_COLLECTION__THRESHOLDS?"),
        ("COLLECTION__GATEWAYS", '["strip"]', "'stripe', 'paypal' or 'sandbox'"),
        ("GATEWAYS__STRIPE_PER_S", "fast", "'fast'"),
        ("GATEWAYS__SANDBOX", "perhaps", "'perhaps'"),
        ("SERVE__PORT", "65536", "must be at most 65535"),
        ("SERVE__MAX_BODY_BYTES", "0", "must be at least 1"),
    ],
)
def test_a_wrong_value_names_its_setting_and_where_inside_it(setting, name, value, words):
    setting(**{name: value})
    line = error_of_loading()
    assert line.startswith(f"SETTLE_{name}")
    assert words.replace("tuple", "tuple") in line


# --------------------------------------------------------------------------------------------- currencies
def test_only_dollars_have_thresholds_unless_a_deployment_says_otherwise():
    policy = collection_policy_of(load_settings())
    assert policy.thresholds == (CurrencyThresholds("USD", 1000_00, 8_00, 500_00),)
    assert policy.thresholds_for("EUR") is None
    assert policy.pre_authorization_for("EUR") is None


def test_thresholds_that_are_given_replace_those_of_dollars_and_are_no_addition(setting):
    setting(COLLECTION__THRESHOLDS='{"EUR": {"bank_card": "1", "paypal_min": "1", "paypal_max": "1"}}')
    policy = collection_policy_of(load_settings())
    assert policy.thresholds_for("USD") is None
    assert policy.thresholds_for("EUR") is not None


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("THRESHOLDS", '{"ZZZ": {"bank_card": "1", "paypal_min": "1", "paypal_max": "1"}}', "ZZZ"),
        ("THRESHOLDS", '{"JPY": {"bank_card": "1.5", "paypal_min": "1", "paypal_max": "1"}}', "JPY"),
        (
            "THRESHOLDS",
            '{"USD": {"bank_card": "1", "paypal_min": "9", "paypal_max": "8"}}',
            "paypal_min is above",
        ),
        ("PRE_AUTHORIZATION", '{"ZZZ": "1"}', "ZZZ"),
        ("PRE_AUTHORIZATION", '{"USD": "1.005"}', "USD"),
    ],
)
def test_an_amount_that_its_currency_does_not_know_names_setting_and_currency(setting, name, value, words):
    setting(**{f"COLLECTION__{name}": value})
    line = error_of_policy()
    assert line.startswith(f"SETTLE_COLLECTION__{name} ")
    assert words in line


# --------------------------------------------------------------------------------------------- gateways
def test_without_keys_there_is_the_sandbox_alone_and_it_can_be_switched_off(setting):
    assert gateway_setup_of(load_settings()).names == ("sandbox",)
    assert collection_policy_of(load_settings()).gateways == ("sandbox",)
    setting(GATEWAYS__SANDBOX="false", GATEWAYS__STRIPE_KEY="sk_test_sim")
    assert list(build_gateways(gateway_setup_of(load_settings()))) == ["stripe"]
    assert collection_policy_of(load_settings()).gateways == ("stripe",)


def codes_of_a_webhook_ten_minutes_old() -> dict[str, str]:
    """What each gateway says of it. PayPal's certificate is not to be had here, after the time has been found good."""
    sent, codes = utc("2026-10-05 12:00"), {}
    state = SimState(fixed_now=sent, base_url="http://127.0.0.1:1")
    for name, gateway in build_gateways(gateway_setup_of(load_settings())).items():
        thing = {"id": "x", "object": "capture" if name == "paypal" else "payment_intent"}
        event = {"gateway": name, "id": "evt_1", "type": "payment_intent.succeeded", "object": thing}
        body, headers = signed(state, {"secret": "WH-SIM"}, event)
        try:
            found = {key.lower(): value for key, value in headers.items()}
            gateway.notification(found, body, at=sent + timedelta(minutes=10))
            codes[name] = "believed"
        except (Refused, Unavailable) as refusal:
            codes[name] = getattr(refusal, "code", "in time")
    return codes


def test_how_old_a_webhook_may_be_is_a_setting_of_both_gateways(setting):
    setting(
        GATEWAYS__STRIPE_KEY="sk_test_sim", GATEWAYS__STRIPE_WEBHOOK_SECRETS='["WH-SIM"]',
        GATEWAYS__PAYPAL_CLIENT_ID="id", GATEWAYS__PAYPAL_SECRET="s", GATEWAYS__PAYPAL_WEBHOOK_ID="WH-SIM",
    )  # fmt: skip
    assert codes_of_a_webhook_ten_minutes_old() == {"stripe": "stale_signature", "paypal": "stale_signature"}
    setting(GATEWAYS__WEBHOOK_TOLERANCE_S="900")
    assert codes_of_a_webhook_ten_minutes_old() == {"stripe": "believed", "paypal": "bad_signature"}


def test_an_empty_key_is_no_key(setting):
    setting(GATEWAYS__STRIPE_KEY="", GATEWAYS__PAYPAL_CLIENT_ID="")
    assert gateway_setup_of(load_settings()).names == ("sandbox",)


def test_every_gateway_has_a_rate_limit_of_its_own(setting):
    setting(
        GATEWAYS__STRIPE_PER_S="7",
        GATEWAYS__PAYPAL_PER_S="0.5",
        GATEWAYS__SANDBOX_PER_S="9",
        COLLECTION__BATCH="4",
    )
    limits = call_limits_of(load_settings())
    assert [limits.rate(name) for name in ("stripe", "paypal", "sandbox")] == [7, 0.5, 9]
    assert limits.batch == 4
    assert set(limits.per_s) == set(GatewaySetup(stripe_key="k", paypal_client_id="c").names)


def test_neither_settings_nor_a_set_up_change_once_made(with_secrets):
    with pytest.raises(ValidationError):
        with_secrets.gateways.sandbox = False
    with pytest.raises(dataclasses.FrozenInstanceError):
        gateway_setup_of(with_secrets).sandbox = False  # type: ignore[misc]


def test_the_sandbox_gateway_beside_a_real_one_has_to_be_asked_for(setting):
    assert gateway_setup_of(load_settings()).names == ("sandbox",)
    setting(GATEWAYS__STRIPE_KEY="sk_test_hidden1")
    assert gateway_setup_of(load_settings()).names == ("stripe",)
    setting(GATEWAYS__SANDBOX="true")
    assert gateway_setup_of(load_settings()).names == ("sandbox", "stripe")


def test_a_pool_without_keys_knows_the_gateways_by_name(setting):
    setting(COLLECTION__GATEWAYS='["stripe", "paypal"]')
    assert collection_policy_of(load_settings()).gateways == ("stripe", "paypal")
    setting(COLLECTION__GATEWAYS='["strype"]')
    assert "SETTLE_COLLECTION__GATEWAYS" in error_of_loading()


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ('{"default": {}, "gpu": {"products": ["GPU"]}}', "gpu after it is never reached: put default last"),
        ('{"gpu": {"products": ["GPU"]}}', "end with a group without products"),
    ],
)
def test_a_table_of_product_groups_that_leaves_something_out_is_refused(setting, value, words):
    setting(COLLECTION__DUNNING=value)
    with pytest.raises(SettingsError, match=words) as error:
        collection_policy_of(load_settings())
    assert str(error.value).startswith("SETTLE_COLLECTION__DUNNING: ")

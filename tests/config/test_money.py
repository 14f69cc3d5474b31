"""Which settings move money, and their values as the database keeps them. Rule: R3.7b."""

from __future__ import annotations

import json
from dataclasses import fields

import pytest

from config.money import MONEY, is_same, money_values, set_here, with_values
from config.settings import Settings, SettingsError, load_settings
from worker.policies.policy import policy_of

pytestmark = pytest.mark.usefixtures("no_settings")
# Asked of gateways, and how: a process's own affair.
OWN = {
    "inquire_after",
    "operator_after_asks",
    "send_lease",
    "refund_read_again_after",
    "gateways",
    "calendar",
}
OTHER = {
    "billing.zone": "Europe/Berlin", "billing.issue_day": "5", "billing.issue_time": "09:30",
    "billing.partial_write_off": "false", "billing.freeze_accruing": "no", "credit.remind_before_days": "[2]",
    "credit.remind_after_days": "[]", "credit.low_credit_days": "1",
    "credit.country_days": '{"CN": {"working": ["2027-02-06"], "closed": ["2027-02-15"], "published": [2027]}}',
    "repayment.payment_lease_s": "60",
    "repayment.records_since": "2024-01",
    "collection.thresholds": '{"EUR": {"bank_card": 10, "paypal_min": "1", "paypal_max": "2.50"}}',
    "collection.sweep_time": "22:00", "collection.retry_after_days": "[3]", "collection.reminders_before_days": "[1]",
    "collection.dunning": '{"z": {"products": ["gpu"]}, "a": {"suspend_after_days": 3}}',
    "collection.attempts_per_day": "1", "collection.pre_authorization": "{}",
    "collection.charge_minimums": '{"stripe": {"USD": "2"}}', "collection.charge_maximums": '{"stripe": {"USD": "9"}}',
    "collection.payer_may_take_s": "5",
}  # fmt: skip


def test_everything_that_rules_depend_on_is_in_the_database_and_comes_back_as_it_was():
    assert list(OTHER) == list(MONEY)
    changed = with_values(load_settings(), OTHER)
    kept = json.loads(json.dumps(money_values(changed)))
    assert policy_of(with_values(load_settings(), kept)) == policy_of(changed)
    one, other = policy_of(load_settings()), policy_of(changed)
    for before, after in ((one, other), (one.collection, other.collection), (one.credit, other.credit)):
        same = {
            field.name
            for field in fields(before)
            if getattr(before, field.name) == getattr(after, field.name)
        }
        assert same <= OWN | {"history"}


def test_what_the_environment_sets_is_known_also_where_it_is_the_default(monkeypatch):
    assert set_here(load_settings()) == []
    monkeypatch.setenv("SETTLE_BILLING__ISSUE_DAY", "2")
    monkeypatch.setenv("SETTLE_COLLECTION__BATCH", "7")
    monkeypatch.setenv("SETTLE_BILLING__ZONE", "")
    assert set_here(load_settings()) == ["billing.issue_day"]


@pytest.mark.parametrize(
    ("values", "lines"),
    [
        (
            {"billing.issue_day": "31"},
            ["billing.issue_day: must be at most 28 (got '31')"],
        ),
        (
            {"billing.zone": "Mars/Base"},
            ["billing.zone: must be a time zone, like Asia/Shanghai (got 'Mars/Base')"],
        ),
        ({"billing.isue_day": "3"}, ["billing.isue_day: no such setting; did you mean billing.issue_day?"]),
        ({"limits.range_size": "3"}, ["limits.range_size: no such setting"]),
        (
            {"credit.remind_before_days": "7"},
            ["credit.remind_before_days: must be a list (got 7)"],
        ),
    ],
)
def test_a_value_that_does_not_fit_is_named(values, lines):
    with pytest.raises(SettingsError) as caught:
        with_values(Settings(), values)
    assert str(caught.value).splitlines() == lines


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("1000", "1000.00", True),
        ({"a": ["1", 2]}, {"a": ["1.0", 2]}, True),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, True),
        ([1, 2], [2, 1], False),
        ([1], [1, 2], False),
        ("Asia/Shanghai", "UTC", False),
        (True, 1, False),
        ("1", 1, False),
    ],
)
def test_two_values_are_the_same_when_they_are_worth_the_same(one, other, same):
    assert is_same(one, other) is same

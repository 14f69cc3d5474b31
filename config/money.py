"""Which settings move money: they are kept in the database as versions, and the environment proposes the first one.

Every other setting says how a process works, and stays with the environment. Rule: R3.7b.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from pydantic import ValidationError

from config.group import Group
from config.settings import DELIMITER, PREFIX, Settings, SettingsError
from settlement.faults import words

# What the rules depend on, by group. How gateways are reached and asked again is the process's own affair.
MONEY: tuple[str, ...] = (
    "billing.zone",
    "billing.issue_day",
    "billing.issue_time",
    "billing.partial_write_off",
    "billing.freeze_accruing",
    "credit.remind_before_days",
    "credit.remind_after_days",
    "credit.low_credit_days",
    "credit.country_days",
    "repayment.payment_lease_s",
    "repayment.records_since",
    "collection.thresholds",
    "collection.sweep_time",
    "collection.retry_after_days",
    "collection.reminders_before_days",
    "collection.dunning",
    "collection.attempts_per_day",
    "collection.pre_authorization",
    "collection.charge_minimums",
    "collection.charge_maximums",
    "collection.payer_may_take_s",
)

# Values as JSON has them, by name.
Values = Mapping[str, Any]


def variable_of(name: str) -> str:
    """The variable of the environment that proposes a setting: `billing.zone`, `SETTLE_BILLING__ZONE`."""
    return PREFIX + name.replace(".", DELIMITER).upper()


def is_money(variable: str) -> bool:
    """Does this variable propose a setting that moves money."""
    return variable in {variable_of(name) for name in MONEY}


def money_values(settings: Settings) -> dict[str, Any]:
    """Every setting that moves money, as JSON has it."""
    groups = {group: getattr(settings, group).model_dump(mode="json") for group in _groups(MONEY)}
    return {name: groups[name.partition(".")[0]][name.partition(".")[2]] for name in MONEY}


def set_here(settings: Settings) -> list[str]:
    """The settings that move money which the environment sets, be it to their default."""
    return [
        name for name in MONEY
        if name.partition(".")[2] in getattr(settings, name.partition(".")[0]).model_fields_set
    ]  # fmt: skip


def with_values(settings: Settings, values: Values) -> Settings:
    """The settings with these values, JSON or text as in the environment, checked as those are.

    Raises:
        SettingsError: a name is unknown, or a value does not fit; a line for each, beginning with its name.
    """
    problems = [_unknown(name) for name in values if name not in MONEY]
    changed: dict[str, Group] = {}
    for group in _groups(name for name in values if name in MONEY):
        given: Group = getattr(settings, group)
        own = {
            field: value for name, value in values.items()
            for prefix, _, field in [name.partition(".")] if name in MONEY and prefix == group
        }  # fmt: skip
        try:
            changed[group] = type(given).model_validate({**given.model_dump(), **own})
        except ValidationError as error:
            for problem in error.errors(include_url=False):
                inside = ".".join(str(part) for part in problem["loc"][1:])
                name = f"{group}.{problem['loc'][0]}" if problem["loc"] else group
                problems.append(
                    f"{name}{inside and ' ' + inside}: {words(problem)} (got {problem['input']!r})"
                )
    if problems:
        raise SettingsError("\n".join(problems))
    return settings.model_copy(update=changed)


def is_same(one: Any, other: Any) -> bool:
    """Do two values, as JSON has them, say the same: amounts by what they are worth, days in any order of keys."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(is_same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(is_same, one, other))
    if isinstance(one, str) and isinstance(other, str) and one != other:
        try:
            return Decimal(one) == Decimal(other)
        except InvalidOperation:
            return False
    return type(one) is type(other) and bool(one == other)


def _groups(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(name.partition(".")[0] for name in names))


def _unknown(name: str) -> str:
    near = difflib.get_close_matches(name, MONEY, n=1, cutoff=0.5)
    return f"{name}: no such setting" + (f"; did you mean {near[0]}?" if near else "")

"""What a check found, for people: amounts in their currency, months and instants as they are read."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from settlement.model.cycle import cycle_text
from settlement.model.instants import instant_text
from settlement.model.money import money_text

Rendered = Mapping[str, str]


def for_people(example: Mapping[str, Any]) -> Rendered:
    """The columns of a fault as names and texts; `…_minor` is money in the column `currency` or the account's."""
    currency = example.get("currency") or example.get("account_currency")
    facts = {
        name.removesuffix("_minor"): _text(name, value, currency)
        for name, value in example.items()
        if value is not None and name != "account_currency"
    }
    return {name: text for name, text in facts.items() if name != "currency" or "kept_in" in example}


def _text(name: str, value: Any, currency: str | None) -> str:
    match value:
        case int() | Decimal() if name.endswith("_minor") and currency is not None:
            return money_text(int(value), currency)
        case int() | Decimal() if name == "cycle" and 190001 <= value <= 299912:
            return cycle_text(int(value))
        case Decimal():
            return f"{value:f}"
        case datetime():
            return instant_text(value)
        case _:
            return str(value)

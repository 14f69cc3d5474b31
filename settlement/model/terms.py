"""Payment terms of contracts, and which days are working days. Rule: R6.1."""

from __future__ import annotations

from datetime import date
from typing import Literal, NamedTuple, Protocol

from settlement.model.accounts import AccountId
from settlement.model.cycle import Cycle

SettlementCycle = Literal["monthly", "quarterly"]
DayKind = Literal["calendar", "business"]


class PaymentTerm(NamedTuple):
    """A contract's payment term; valid for bills of cycles from `from_cycle` to `until_cycle` (None: open end)."""

    id: int
    account_id: AccountId
    from_cycle: Cycle
    until_cycle: Cycle | None
    settlement_cycle: SettlementCycle
    period_days: int
    day_kind: DayKind
    country: str | None
    closing_days: frozenset[date]


# How the rule of a due date goes on where it was counted over a year whose working days are not known yet.
PROVISIONAL = "; provisional: "


def is_provisional(due_rule: str | None) -> bool:
    """Was a due date with this rule counted over days that its country had not published by then. Rule: R6.1h."""
    return due_rule is not None and PROVISIONAL in due_rule


class CountryDays(NamedTuple):
    """What this deployment says of a country's days (ISO 3166-1, as `DE` or `DE-BY`), whatever its calendar does.

    `working` and `closed` are local days, `published` the years of which all make-up days are known. Rule: R6.1i.
    """

    country: str
    working: frozenset[date] = frozenset()
    closed: frozenset[date] = frozenset()
    published: frozenset[int] = frozenset()


class BusinessCalendar(Protocol):
    """Knows the working days of countries. What it said is kept for as long as the process lives."""

    def __hash__(self) -> int:
        """By identity will do."""

    @property
    def version(self) -> str:
        """Which edition of the holidays it goes by; kept with every due date."""

    def is_working_day(self, country: str, day: date) -> bool:
        """Is this local day one on which people work there. `country` is ISO 3166-1, as `DE` or `DE-BY`.

        Raises:
            Refused: `unknown_country`, `calendar_failed`.
        """

    def is_published(self, country: str, year: int) -> bool:
        """Are the make-up days of that year known, or does the country have none.

        Raises:
            Refused: as `is_working_day`.
        """


class WeekdaysOnly:
    """Monday to Friday everywhere: for where no holidays are known."""

    @property
    def version(self) -> str:
        """Its name."""
        return "weekdays"

    def is_working_day(self, country: str, day: date) -> bool:  # noqa: ARG002 - the same in every country
        """Monday to Friday."""
        return day.weekday() < 5

    def is_published(self, country: str, year: int) -> bool:  # noqa: ARG002 - as above
        """There is nothing to publish."""
        return True

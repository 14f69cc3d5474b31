"""Whether bills are due when their contracts say: what the audit leaves to the rules of the calendar. Rule: R6.1."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import date
from typing import Any

from sqlalchemy import Connection

from settlement.audit import catalogue as questions
from settlement.audit.catalogue import MAX_EXAMPLES, DueBills, Faults
from settlement.errors import Refused
from settlement.model.accounts import AccountId
from settlement.model.cycle import parse_cycle
from settlement.model.policies.policy import Policy
from settlement.model.terms import PaymentTerm
from settlement.rules.terms import check_term, due_date


def wrong_due_dates(tx: Connection, policy: Policy) -> Faults:
    """Bills that are due on a day which no term that was ever agreed for their month gives, by the days of a country
    as any version of the settings has them.
    """
    count = 0
    examples: list[Mapping[str, Any]] = []
    for bills in questions.due_bills(tx):
        if any(_gives(term, bills, version) for term in _terms(bills) for _, version in policy.versions):
            continue
        count += bills.bills
        if len(examples) < MAX_EXAMPLES:
            names = ("account", "cycle", "due_on", "due_rule", "bills")
            examples.append({name: getattr(bills, name) for name in names})
    return Faults(count, examples)


def _terms(bills: DueBills) -> Iterator[PaymentTerm]:
    """The terms that hold for the month, whichever of them was agreed when it was closed."""
    for agreed in bills.terms:
        # What does not read as a term, as only a lie does, is one that nobody agreed; other checks name it.
        with suppress(AttributeError, KeyError, TypeError, ValueError, Refused):
            term = _term(agreed)
            if term.from_cycle <= bills.cycle and (
                term.until_cycle is None or bills.cycle <= term.until_cycle
            ):
                check_term(term)
                yield term


def _term(agreed: Mapping[str, Any]) -> PaymentTerm:
    until = agreed.get("until_cycle")
    return PaymentTerm(
        0, AccountId(0), parse_cycle(agreed["from_cycle"]), until and parse_cycle(until),
        agreed.get("settlement_cycle") or "monthly", agreed["period_days"], agreed.get("day_kind") or "calendar",
        agreed.get("country"), frozenset(map(date.fromisoformat, agreed.get("closing_days") or ())),
    )  # fmt: skip


def _gives(term: PaymentTerm, bills: DueBills, policy: Policy) -> bool:
    """Another edition of the holidays, or days that were set for a country since, may have had other working days, and
    a calendar that was changed since may have had the last bill of a quarter issued on another day: then what the rule
    says of the contract alone is compared.
    """
    given = due_date(term, bills.cycle, policy)
    if _words(given.rule) != _words(bills.due_rule):
        return False
    other_edition = term.day_kind == "business" and given.rule != bills.due_rule
    other_calendar = term.settlement_cycle == "quarterly" and len(policy.versions) > 1
    return given.day == bills.due_on or other_edition or other_calendar


def _words(rule: str) -> str:
    return rule.partition("; ")[0].partition(", days set for ")[0]

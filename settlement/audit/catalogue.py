"""The audit's questions to the database: each is one statement that lists what does not add up.

They restate in SQL what plans and rules do in Python, on purpose: a proof must not rest on the sums it proves.
What needs a rule's decision (would the write-off pay this?) is decided by `settlement.operations.reports.audit`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, text

from settlement.audit.check import Check
from settlement.audit.checks.accounts import ACCOUNTS
from settlement.audit.checks.archives import ARCHIVES
from settlement.audit.checks.balances import BALANCES
from settlement.audit.checks.bills import BILLS
from settlement.audit.checks.charges import CHARGES
from settlement.audit.checks.collection import COLLECTION
from settlement.audit.checks.dates import DATES
from settlement.audit.checks.entries import ENTRIES
from settlement.audit.checks.events import EVENTS
from settlement.audit.checks.fees import FEES
from settlement.audit.checks.funds import FUNDS
from settlement.audit.checks.methods import METHODS
from settlement.audit.checks.payments import PAYMENTS
from settlement.audit.checks.refunds import REFUNDS
from settlement.audit.checks.relationships import RELATIONSHIPS
from settlement.audit.checks.reversals import REVERSALS
from settlement.audit.checks.terms import TERMS
from settlement.audit.checks.unified_settlements import UNIFIED_SETTLEMENTS
from settlement.audit.checks.upkeep import UPKEEP
from settlement.model.cycle import Cycle
from settlement.storage.sql.arrays import id_array
from settlement.storage.tables.schema import TABLES

MAX_EXAMPLES = 20
CHECKS = (
    *BALANCES,
    *ENTRIES,
    *DATES,
    *ACCOUNTS,
    *BILLS,
    *EVENTS,
    *FEES,
    *FUNDS,
    *TERMS,
    *METHODS,
    *COLLECTION,
    *CHARGES,
    *REFUNDS,
    *REVERSALS,
    *PAYMENTS,
    *UNIFIED_SETTLEMENTS,
    *RELATIONSHIPS,
    *ARCHIVES,
    *UPKEEP,
)


@dataclass(frozen=True, slots=True)
class Faults:
    """How many faults a check found, and some of them, as columns of its SELECT with `account` and `currency`."""

    count: int
    examples: Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Sizes:
    """How many rows the audit looked at."""

    accounts: int
    bills: int
    fees: int
    repayments: int
    entries: int
    events: int


class DueBills(NamedTuple):
    """Bills of one month and due date whose accounts were told the same terms, as events say them; how many there are,
    and the account of one of them.
    """

    cycle: Cycle
    due_on: date
    due_rule: str
    terms: Sequence[Mapping[str, Any]]
    bills: int
    account: str


def find_in(tx: Connection, check: Check, ids: Sequence[int]) -> list[tuple[int, Mapping[str, Any]]]:
    """Asks a question that is not `whole` of some accounts alone. Returns faults with the account's id, a few each.

    The check is the same text: the tables it names are these accounts' rows of them.
    """
    rows = tx.execute(text(_OF_SOME.replace("$faults", check.faults)), {"ids": id_array(ids)}).mappings()
    return [
        (row["account_id"], {key: row[key] for key in row if key not in ("nth", "account_id", "account")})
        for row in rows
    ]


def find(tx: Connection, check: Check, *, at: datetime, issued_by: Cycle, settings: str) -> Faults:
    """Asks one question, at an instant (UTC). `issued_by` is the newest cycle whose issuance instant has passed;
    `settings` those that have held, as `settlement.audit.settings` writes them.
    """
    known = (("at", at), ("issued_by", issued_by), ("settings", settings))
    parameters = {name: value for name, value in known if f":{name}" in check.faults}
    rows = tx.execute(text(_WRAPPED.replace("$faults", check.faults)), parameters).mappings().all()
    examples = [{key: row[key] for key in row if key not in ("violations", "account_id")} for row in rows]
    return Faults(rows[0]["violations"] if rows else 0, examples)


# The faults come first, so that names are looked up for the examples only.
_WRAPPED = f"""
    WITH fault AS ($faults)
    SELECT (SELECT count(*) FROM fault) AS violations,
           coalesce(a.external_id, 'id ' || shown.account_id) AS account, a.currency AS account_currency, shown.*
    FROM (SELECT * FROM fault ORDER BY account_id LIMIT {MAX_EXAMPLES}) AS shown
    LEFT JOIN account a ON a.id = shown.account_id
    ORDER BY shown.account_id"""

# The tables whose rows each belong to one account, with the column that says to which.
_OWNERS = {"account": "id"} | {table.name: "account_id" for table in TABLES if "account_id" in table.columns}
# A name of WITH stands before a table of the same name, though not inside its own definition.
_NARROWED = ",\n        ".join(
    f"{table} AS (SELECT * FROM {table} WHERE {key} = ANY(CAST(:ids AS bigint[])))"
    for table, key in _OWNERS.items()
)
_OF_SOME = f"""
    WITH {_NARROWED},
        fault AS ($faults)
    SELECT * FROM (
        SELECT row_number() OVER (PARTITION BY f.account_id) AS nth, a.currency AS account_currency, f.*
        FROM fault f JOIN account a ON a.id = f.account_id) AS shown
    WHERE nth <= 3 ORDER BY account_id, nth"""

_SIZES = text("""
    SELECT (SELECT count(*) FROM account), (SELECT count(*) FROM bill), (SELECT count(*) FROM fee),
           (SELECT count(*) FROM repayment), (SELECT count(*) FROM ledger_transfer), (SELECT count(*) FROM inbox)""")
# Whoever has neither cash nor card nor refund cannot have been overlooked.
_MAY_BE_OVERLOOKED = text("""
    SELECT a.id FROM account a
    WHERE a.id > :after AND a.parked_at IS NULL AND a.auto_write_off_enabled
      AND EXISTS (SELECT 1 FROM bill b WHERE b.account_id = a.id AND b.state = 'unsettled')
      AND NOT EXISTS (SELECT 1 FROM write_off_hold h WHERE h.account_id = a.id)
      AND (a.cash_minor > a.frozen_minor
           OR EXISTS (SELECT 1 FROM stored_value_card c WHERE c.account_id = a.id AND c.balance_minor > 0)
           OR EXISTS (SELECT 1 FROM credit_refund r WHERE r.account_id = a.id AND r.remaining_minor > 0))
    ORDER BY a.id LIMIT :limit""")
# Contracts are much alike: of many bills there are few kinds.
_DUE_BILLS = text("""
    SELECT d.cycle, d.due_on, d.due_rule, d.terms, d.bills, a.external_id
    FROM (SELECT b.cycle, b.due_on, b.due_rule, s.terms, count(*) AS bills, min(b.account_id) AS account_id
          FROM bill b LEFT JOIN (
              SELECT a.id, jsonb_agg(DISTINCT i.data) AS terms FROM inbox i JOIN account a ON a.external_id = i.account
              WHERE i.type = 'payment_term_agreed' AND i.state = 'done' GROUP BY a.id) AS s ON s.id = b.account_id
          WHERE b.due_on IS NOT NULL GROUP BY 1, 2, 3, 4) AS d
    JOIN account a ON a.id = d.account_id ORDER BY d.account_id, d.cycle""")
_SLOT_INSTANTS = text("SELECT logical_at FROM schedule_slot WHERE job = :job ORDER BY logical_at")


def sizes(tx: Connection) -> Sizes:
    """How much there is to look at."""
    return Sizes(*tx.execute(_SIZES).one())


def may_be_overlooked(tx: Connection, *, after: int, limit: int) -> list[int]:
    """The next accounts, by id, that owe something, have something, and are kept from paying by no switch or hold."""
    return list(tx.scalars(_MAY_BE_OVERLOOKED, {"after": after, "limit": limit}))


def due_bills(tx: Connection) -> list[DueBills]:
    """Every bill that is due by contract, those of one kind together."""
    return [
        DueBills(cycle, due_on, due_rule, terms or [], bills, account)
        for cycle, due_on, due_rule, terms, bills, account in tx.execute(_DUE_BILLS)
    ]


def slot_instants(tx: Connection, job: str) -> list[datetime]:
    """Every instant recorded for a calendar job, oldest first."""
    return list(tx.scalars(_SLOT_INSTANTS, {"job": job}))

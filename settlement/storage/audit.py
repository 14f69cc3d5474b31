"""The audit's questions to the database: each is one statement that lists what does not add up.

They restate in SQL what plans and rules do in Python, on purpose: a proof must not rest on the sums it proves.
What needs a rule's decision (would the write-off pay this?) is asked by `settlement.operations.audit`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from settlement.model.cycle import Cycle
from settlement.storage.audit_check import Check
from settlement.storage.audit_collecting import COLLECTING
from settlement.storage.audit_repaying import REPAYING

MAX_EXAMPLES = 20


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


def find(tx: Connection, check: Check, *, issued_by: Cycle) -> Faults:
    """Asks one question. `issued_by` is the newest cycle whose issuance instant has passed."""
    asked = {"issued_by": issued_by} if ":issued_by" in check.faults else {}
    rows = tx.execute(text(_WRAPPED.replace("$faults", check.faults)), asked).mappings().all()
    examples = [{key: row[key] for key in row if key not in ("total", "account_id")} for row in rows]
    return Faults(rows[0]["total"] if rows else 0, examples)


# The faults come first, so that names are looked up for the examples only.
_WRAPPED = f"""
    WITH fault AS ($faults)
    SELECT (SELECT count(*) FROM fault) AS total,
           coalesce(a.external_id, 'id ' || shown.account_id) AS account, a.currency AS account_currency, shown.*
    FROM (SELECT * FROM fault ORDER BY account_id LIMIT {MAX_EXAMPLES}) AS shown
    LEFT JOIN account a ON a.id = shown.account_id
    ORDER BY shown.account_id"""

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
_SLOT_INSTANTS = text("SELECT logical_at FROM schedule_slot WHERE job = :job ORDER BY logical_at")


def sizes(tx: Connection) -> Sizes:
    """How much there is to look at."""
    return Sizes(*tx.execute(_SIZES).one())


def may_be_overlooked(tx: Connection, *, after: int, limit: int) -> list[int]:
    """The next accounts, by id, that owe something, have something, and are kept from paying by no switch or hold."""
    return list(tx.scalars(_MAY_BE_OVERLOOKED, {"after": after, "limit": limit}))


def slot_instants(tx: Connection, job: str) -> list[datetime]:
    """Every instant recorded for a calendar job, oldest first."""
    return list(tx.scalars(_SLOT_INSTANTS, {"job": job}))


# ------------------------------------------------------------------------------------------------ balances
_OWNED = "'cash', 'card', 'refund', 'coupon', 'receivable', 'collected', 'refunding'"

_NUMBERED = "'card', 'refund', 'coupon', 'receivable', 'collected', 'refunding'"


def _fund_balance(kind: str, table: str, column: str) -> str:
    return f"""
        SELECT coalesce(f.account_id, l.account_id) AS account_id, coalesce(f.id, l.ref) AS {kind}_id,
               f.{column} AS stored_minor, coalesce(l.moved, 0) AS entries_minor
        FROM {table} f FULL JOIN (
            SELECT account_id, ref, sum(moved) AS moved FROM (
                SELECT account_id, credit_ref AS ref, amount_minor AS moved FROM ledger_transfer WHERE credit = '{kind}'
                UNION ALL
                SELECT account_id, debit_ref, -amount_minor FROM ledger_transfer WHERE debit = '{kind}') AS m
            GROUP BY account_id, ref) AS l ON l.account_id = f.account_id AND l.ref = f.id
        WHERE f.{column} IS DISTINCT FROM coalesce(l.moved, 0)"""


_BALANCES = (
    Check(
        "cash_balance",
        "R11.2b",
        "The cash balance of every account is the sum of its entries.",
        """
        SELECT coalesce(a.id, l.account_id) AS account_id, a.cash_minor AS stored_minor,
               coalesce(l.moved, 0) AS entries_minor
        FROM account a FULL JOIN (
            SELECT account_id, sum(CASE WHEN credit = 'cash' THEN amount_minor ELSE 0 END
                                   - CASE WHEN debit = 'cash' THEN amount_minor ELSE 0 END) AS moved
            FROM ledger_transfer WHERE debit = 'cash' OR credit = 'cash' GROUP BY account_id) AS l
            ON l.account_id = a.id
        WHERE a.cash_minor IS DISTINCT FROM coalesce(l.moved, 0)""",
    ),
    Check(
        "card_balance",
        "R11.2b",
        "The balance of every stored value card is the sum of its entries.",
        _fund_balance("card", "stored_value_card", "balance_minor"),
    ),
    Check(
        "refund_balance",
        "R11.2b",
        "What is left of every credit refund is the sum of its entries.",
        _fund_balance("refund", "credit_refund", "remaining_minor"),
    ),
    Check(
        "coupon_balance",
        "R11.2b",
        "What is left of every coupon is the sum of its entries.",
        _fund_balance("coupon", "coupon", "balance_minor"),
    ),
    Check(
        "nothing_negative",
        "R11.3a",
        "No balance, limit, frozen or paid amount is below zero, and no bill is paid beyond its amount.",
        """
        SELECT id AS account_id, 'cash' AS what, cash_minor AS amount_minor FROM account WHERE cash_minor < 0
        UNION ALL SELECT id, 'credit limit', credit_limit_minor FROM account WHERE credit_limit_minor < 0
        UNION ALL SELECT id, 'frozen amount', frozen_minor FROM account WHERE frozen_minor < 0
        UNION ALL SELECT account_id, 'card ' || external_id, balance_minor
                  FROM stored_value_card WHERE balance_minor < 0
        UNION ALL SELECT account_id, 'refund ' || id, remaining_minor FROM credit_refund WHERE remaining_minor < 0
        UNION ALL SELECT account_id, 'paid of bill ' || cycle, paid_minor FROM bill WHERE paid_minor < 0
        UNION ALL SELECT account_id, 'outstanding of bill ' || cycle, coalesce(payable_minor, 0) - paid_minor
                  FROM bill WHERE paid_minor > coalesce(payable_minor, 0)""",
    ),
    Check(
        "currency_nets_to_zero",
        "R11.2a",
        "Per currency, all stored balances and the platform's own entries together come to zero.",
        f"""
        SELECT CAST(NULL AS bigint) AS account_id, currency, sum(minor) AS net_minor FROM (
            SELECT currency, cash_minor AS minor FROM account
            UNION ALL SELECT a.currency, c.balance_minor FROM stored_value_card c JOIN account a ON a.id = c.account_id
            UNION ALL SELECT a.currency, r.remaining_minor FROM credit_refund r JOIN account a ON a.id = r.account_id
            UNION ALL SELECT a.currency, k.balance_minor FROM coupon k JOIN account a ON a.id = k.account_id
            UNION ALL SELECT a.currency, h.remaining_minor FROM charge_line h JOIN account a ON a.id = h.account_id
            UNION ALL SELECT currency, amount_minor FROM gateway_refund WHERE finished_at IS NULL
            UNION ALL SELECT currency, paid_minor - payable_minor FROM bill WHERE payable_minor IS NOT NULL
            UNION ALL SELECT currency, amount_minor FROM ledger_transfer WHERE credit NOT IN ({_OWNED})
            UNION ALL SELECT currency, -amount_minor FROM ledger_transfer WHERE debit NOT IN ({_OWNED})) AS parts
        GROUP BY currency HAVING sum(minor) <> 0""",
    ),
    Check(
        "transfers_clear",
        "R9.2a",
        "What one account sent to another has arrived there: the clearing account is empty, transfer by transfer.",
        """
        SELECT CAST(NULL AS bigint) AS account_id, currency, cause,
               sum(CASE WHEN credit = 'transfer_clearing' THEN amount_minor ELSE -amount_minor END) AS net_minor
        FROM ledger_transfer WHERE credit = 'transfer_clearing' OR debit = 'transfer_clearing'
        GROUP BY currency, cause
        HAVING sum(CASE WHEN credit = 'transfer_clearing' THEN amount_minor ELSE -amount_minor END) <> 0""",
    ),
    Check(
        "one_currency",
        "R1.1a",
        "Bills, fees, repayments and entries are in the currency of their account.",
        """
        SELECT x.account_id, 'bill ' || x.cycle AS what, x.currency, a.currency AS kept_in
        FROM bill x JOIN account a ON a.id = x.account_id WHERE a.currency <> x.currency
        UNION ALL SELECT x.account_id, 'fee ' || x.fee_key, x.currency, a.currency
                  FROM fee x JOIN account a ON a.id = x.account_id WHERE a.currency <> x.currency
        UNION ALL SELECT x.account_id, 'repayment ' || x.cause, x.currency, a.currency
                  FROM repayment x JOIN account a ON a.id = x.account_id WHERE a.currency <> x.currency
        UNION ALL SELECT x.account_id, 'entry ' || x.id, x.currency, a.currency
                  FROM ledger_transfer x JOIN account a ON a.id = x.account_id WHERE a.currency <> x.currency""",
    ),
    Check(
        "entry_shape",
        "R11.2a",
        "Every entry moves an amount above zero between two ledger accounts that exist.",
        f"""
        SELECT l.account_id, l.currency, l.id AS entry, l.debit, l.debit_ref, l.credit, l.credit_ref, l.amount_minor
        FROM ledger_transfer l LEFT JOIN account a ON a.id = l.account_id
        WHERE l.amount_minor <= 0 OR a.id IS NULL OR (l.debit = l.credit AND l.debit_ref = l.credit_ref)
           OR (l.debit IN ({_NUMBERED})) <> (l.debit_ref <> 0 AND l.debit <> 'transfer_clearing')
           OR (l.credit IN ({_NUMBERED})) <> (l.credit_ref <> 0 AND l.credit <> 'transfer_clearing')""",
    ),
)

# ------------------------------------------------------------------------------------------------ bills
_BILLS = (
    Check(
        "bill_entries",
        "R11.2b",
        "What a bill says is payable and paid was entered as owed and as paid.",
        """
        SELECT coalesce(b.account_id, l.account_id) AS account_id, coalesce(b.cycle, l.cycle) AS cycle,
               b.payable_minor, coalesce(l.owed, 0) AS owed_entries_minor,
               b.paid_minor, coalesce(l.paid, 0) AS paid_entries_minor
        FROM bill b FULL JOIN (
            SELECT account_id, CASE WHEN debit = 'receivable' THEN debit_ref ELSE credit_ref END AS cycle,
                   sum(amount_minor) FILTER (WHERE debit = 'receivable') AS owed,
                   sum(amount_minor) FILTER (WHERE credit = 'receivable') AS paid
            FROM ledger_transfer WHERE debit = 'receivable' OR credit = 'receivable' GROUP BY 1, 2) AS l
            ON l.account_id = b.account_id AND l.cycle = b.cycle
        WHERE b.account_id IS NULL OR coalesce(b.payable_minor, 0) <> coalesce(l.owed, 0)
           OR b.paid_minor <> coalesce(l.paid, 0)""",
    ),
    Check(
        "bill_repayments",
        "R10.1c",
        "What a bill says is paid is the sum of its repayments.",
        """
        SELECT coalesce(b.account_id, r.account_id) AS account_id, coalesce(b.cycle, r.cycle) AS cycle,
               b.paid_minor, coalesce(r.repaid, 0) AS repayments_minor
        FROM bill b FULL JOIN (
            SELECT account_id, cycle, sum(amount_minor) AS repaid FROM repayment GROUP BY account_id, cycle) AS r
            ON r.account_id = b.account_id AND r.cycle = b.cycle
        WHERE coalesce(b.paid_minor, 0) <> coalesce(r.repaid, 0)""",
    ),
    Check(
        "repayment_lines",
        "R10.1c",
        "Every repayment is the sum of its lines.",
        """
        SELECT coalesce(r.account_id, l.account_id) AS account_id, coalesce(r.cycle, l.cycle) AS cycle,
               coalesce(r.cause, l.cause) AS cause, r.amount_minor, l.total AS lines_minor
        FROM repayment r FULL JOIN (
            SELECT account_id, cycle, cause, sum(amount_minor) AS total
            FROM repayment_line GROUP BY account_id, cycle, cause) AS l
            ON l.account_id = r.account_id AND l.cycle = r.cycle AND l.cause = r.cause
        WHERE r.amount_minor IS DISTINCT FROM l.total""",
    ),
    Check(
        "repayment_entries",
        "R10.1b",
        "Every line of a repayment was entered from the fund it names, and nothing else was entered as paid.",
        """
        SELECT coalesce(l.account_id, e.account_id) AS account_id, coalesce(l.cycle, e.cycle) AS cycle,
               coalesce(l.cause, e.cause) AS cause, coalesce(l.source, e.source) AS source,
               coalesce(l.source_id, e.source_id) AS source_id, l.total AS lines_minor, e.total AS entries_minor
        FROM (SELECT account_id, CAST(cycle AS bigint) AS cycle, cause, CAST(source AS text) AS source, source_id,
                     sum(amount_minor) AS total
              FROM repayment_line GROUP BY 1, 2, 3, 4, 5) AS l
        FULL JOIN (SELECT account_id, credit_ref AS cycle, cause,
                          CASE debit WHEN 'collected' THEN 'external' WHEN 'transfer_clearing' THEN 'main_account'
                               ELSE CAST(debit AS text) END AS source,
                          debit_ref AS source_id, sum(amount_minor) AS total
                   FROM ledger_transfer WHERE credit = 'receivable' GROUP BY 1, 2, 3, 4, 5) AS e
            ON e.account_id = l.account_id AND e.cycle = l.cycle AND e.cause = l.cause AND e.source = l.source
               AND e.source_id = l.source_id
        WHERE l.total IS DISTINCT FROM e.total""",
    ),
    Check(
        "bill_fees",
        "R1.2c",
        "What accrued on a bill is exactly the sum of the fees of its cycle.",
        """
        SELECT coalesce(b.account_id, f.account_id) AS account_id, coalesce(b.cycle, f.cycle) AS cycle, b.accrued,
               coalesce(f.total, 0) AS fees
        FROM bill b FULL JOIN (
            SELECT account_id, cycle, sum(amount) AS total FROM fee GROUP BY account_id, cycle) AS f
            ON f.account_id = b.account_id AND f.cycle = b.cycle
        WHERE b.accrued IS DISTINCT FROM coalesce(f.total, 0)""",
    ),
    Check(
        "bill_lines",
        "R1.2c",
        "What accrued on a bill is exactly the sum of its lines.",
        """
        SELECT b.account_id, b.cycle, b.accrued, coalesce(l.total, 0) AS lines
        FROM bill b LEFT JOIN (
            SELECT account_id, cycle, sum(accrued) AS total FROM bill_line GROUP BY account_id, cycle) AS l
            ON l.account_id = b.account_id AND l.cycle = b.cycle
        WHERE b.accrued <> coalesce(l.total, 0)""",
    ),
    Check(
        "bill_card_lines",
        "R4.6",
        "What cards paid of a bill's lines is what its repayments took from cards.",
        """
        SELECT coalesce(l.account_id, r.account_id) AS account_id, coalesce(l.cycle, r.cycle) AS cycle,
               coalesce(l.paid, 0) AS lines_minor, coalesce(r.paid, 0) AS repayments_minor
        FROM (SELECT account_id, cycle, sum(card_paid_minor) AS paid
              FROM bill_line WHERE card_paid_minor <> 0 GROUP BY account_id, cycle) AS l
        FULL JOIN (SELECT account_id, cycle, sum(amount_minor) AS paid
                   FROM repayment_line WHERE source = 'card' GROUP BY account_id, cycle) AS r
            ON r.account_id = l.account_id AND r.cycle = l.cycle
        WHERE coalesce(l.paid, 0) <> coalesce(r.paid, 0)""",
    ),
    Check(
        "bill_figures",
        "R1.2d",
        "Of every issued bill, accrued + carried in = payable + dropped + carried out, exactly.",
        """
        SELECT b.account_id, b.cycle, b.accrued, b.carried_in, b.payable_minor, b.dropped, b.carried_out
        FROM bill b JOIN (SELECT code, CAST('1e' || exponent AS numeric) AS minor FROM currency OFFSET 0) AS c
            ON c.code = b.currency
        WHERE b.payable_minor IS NOT NULL
          AND ((b.accrued + b.carried_in - b.dropped - b.carried_out) * c.minor
                   IS DISTINCT FROM CAST(b.payable_minor AS numeric)
               OR b.dropped < 0 OR b.dropped * c.minor >= 1
               OR b.carried_out > 0 OR (b.carried_out < 0 AND (b.payable_minor <> 0 OR b.dropped <> 0)))""",
    ),
    Check(
        "credit_carried",
        "R2.2b",
        "The credit a bill leaves over reaches a later bill of the account, whole and once.",
        """
        SELECT account_id, cycle, carried_in, carried_out FROM (
            SELECT account_id, cycle, sum(carried_in) OVER until AS carried_in,
                   sum(coalesce(carried_out, 0)) OVER until - coalesce(carried_out, 0) AS carried_out
            FROM bill
            WHERE account_id IN (SELECT account_id FROM bill WHERE carried_in <> 0 OR carried_out <> 0)
            WINDOW until AS (PARTITION BY account_id ORDER BY cycle)) AS running
        WHERE carried_in < carried_out
        UNION ALL
        SELECT account_id, NULL, sum(carried_in), sum(coalesce(carried_out, 0)) FROM bill
        GROUP BY account_id HAVING sum(carried_in) > sum(coalesce(carried_out, 0))""",
    ),
    Check(
        "bill_state",
        "R3.2a",
        "The state of every bill follows from its figures.",
        """
        SELECT account_id, cycle, state, payable_minor, paid_minor, issued_at, settled_at FROM bill
        WHERE (state = 'accruing') <> (payable_minor IS NULL) OR (state = 'accruing') <> (issued_at IS NULL)
           OR (state = 'settled') <> coalesce(payable_minor = paid_minor, false)
           OR (state = 'settled') <> (settled_at IS NOT NULL)
           OR (state = 'accruing') <> (dropped IS NULL AND carried_out IS NULL)""",
    ),
    Check(
        "overdue_marked",
        "R6.2a",
        "Every bill that was due, and there to be checked, before the last day that was checked is marked overdue.",
        """
        SELECT b.account_id, b.cycle, b.due_on, b.payable_minor, b.paid_minor
        FROM bill b JOIN account a ON a.id = b.account_id AND a.parked_at IS NULL
        CROSS JOIN (SELECT CAST(max(logical_at) AS date) - 1 AS day, max(finished_at) AS finished_at
                    FROM schedule_slot WHERE job = 'daily_check' AND state = 'done') AS checked
        WHERE b.state = 'unsettled' AND b.overdue_at IS NULL AND b.due_on < checked.day
          -- Issued, or its account released, after that check: the next one marks it.
          AND NOT EXISTS (
              SELECT 1 FROM run r JOIN run_range g ON g.run_id = r.id
              WHERE r.kind = 'month_close' AND r.cycle = b.cycle AND g.finished_at > checked.finished_at
                AND b.account_id BETWEEN g.first_account_id AND g.last_account_id)
          AND NOT EXISTS (
              SELECT 1 FROM inbox i WHERE i.source = 'operator' AND i.conflict_of IS NULL
                AND starts_with(i.event_id, 'unpark:' || a.id || ':')
                AND i.received_at > checked.finished_at)""",
    ),
    Check(
        "bills_issued",
        "R3.1a",
        "Where the month close of a cycle is done, no bill of it is left accruing, parked accounts aside.",
        """
        SELECT b.account_id, b.cycle, b.accrued, r.id AS run, r.finished_at
        FROM bill b JOIN account a ON a.id = b.account_id
        JOIN run r ON r.kind = 'month_close' AND r.cycle = b.cycle AND r.state = 'done'
        WHERE b.state = 'accruing' AND b.cycle <= :issued_by AND a.parked_at IS NULL""",
    ),
)

# ------------------------------------------------------------------------------------------------ events, upkeep
_EVENTS = (
    Check(
        "event_bookings",
        "R11.1a",
        "Every accepted event that moves money is booked once, with its amount; every booking has its event.",
        r"""
        SELECT coalesce(i.account_id, b.receiver) AS account_id, coalesce(i.currency, b.currency) AS currency,
               i.id AS inbox_id, i.type, b.cause, coalesce(i.expected, 0) AS expected,
               coalesce(b.bookings, 0) AS booked, i.asked AS event_minor, b.least AS booked_minor
        FROM (
            SELECT i.id, 'event:' || i.id AS cause, i.type, i.expected, a.id AS account_id, p.id AS payer,
                   c.code AS currency,
                   CASE WHEN i.amount ~ '^[0-9]+(\.[0-9]+)?$' THEN CAST(i.amount AS numeric) * c.minor END AS asked
            FROM (
                SELECT id, type, account, data->>'currency' AS currency, data->>'from_account' AS payer,
                       data->>CASE WHEN type = 'account_opened' THEN 'opening_cash' ELSE 'amount' END AS amount,
                       CASE type WHEN 'transfer' THEN 2 WHEN 'transfer_pulled_back' THEN 2
                                 WHEN 'account_opened' THEN CASE WHEN data->>'opening_cash' ~ '[1-9]' THEN 1 ELSE 0 END
                                 ELSE 1 END AS expected
                FROM inbox WHERE state = 'done'
                  AND type IN ('top_up', 'transfer', 'transfer_pulled_back', 'refund', 'card_activated',
                               'coupon_granted', 'account_opened')) AS i
            LEFT JOIN account a ON a.external_id = i.account
            LEFT JOIN account p ON p.external_id = i.payer
            LEFT JOIN (SELECT code, CAST('1e' || exponent AS numeric) AS minor FROM currency OFFSET 0) AS c
                ON c.code = i.currency
            WHERE i.expected > 0) AS i
        FULL JOIN (
            SELECT cause, count(*) AS bookings, min(amount_minor) AS least, max(amount_minor) AS most,
                   min(currency) AS currency,
                   count(*) FILTER (WHERE debit = 'bank_clearing' AND credit = 'cash') AS top_ups,
                   count(*) FILTER (WHERE debit = 'opening' AND credit = 'cash') AS openings,
                   count(*) FILTER (WHERE debit = 'refund_grant' AND credit IN ('cash', 'refund')) AS refunds,
                   count(*) FILTER (WHERE debit = 'card_grant' AND credit = 'card') AS cards,
                   count(*) FILTER (WHERE debit = 'coupon_grant' AND credit = 'coupon') AS coupons,
                   count(*) FILTER (WHERE debit = 'cash' AND credit = 'transfer_clearing') AS sent,
                   count(*) FILTER (WHERE debit = 'transfer_clearing' AND credit = 'cash') AS arrived,
                   min(credit_ref) FILTER (WHERE credit IN ('card', 'refund', 'coupon')) AS fund,
                   min(account_id) FILTER (WHERE credit = 'transfer_clearing') AS payer,
                   min(account_id) FILTER (WHERE credit <> 'transfer_clearing') AS receiver
            FROM ledger_transfer
            WHERE (credit = 'transfer_clearing'
                   OR debit IN ('bank_clearing', 'card_grant', 'coupon_grant', 'refund_grant', 'transfer_clearing',
                                'opening'))
              AND cause NOT LIKE 'unified:%'
            GROUP BY cause) AS b ON b.cause = i.cause
        WHERE i.id IS NULL OR b.cause IS NULL OR b.bookings <> i.expected
           OR b.least IS DISTINCT FROM i.asked OR b.most <> b.least
           OR b.receiver IS DISTINCT FROM i.account_id OR b.payer IS DISTINCT FROM i.payer OR b.fund <> i.id
           OR CASE i.type WHEN 'top_up' THEN b.top_ups <> 1 WHEN 'account_opened' THEN b.openings <> 1
                          WHEN 'refund' THEN b.refunds <> 1 WHEN 'card_activated' THEN b.cards <> 1
                          WHEN 'coupon_granted' THEN b.coupons <> 1
                          ELSE b.sent <> 1 OR b.arrived <> 1 END""",
    ),
    Check(
        "repayment_events",
        "R11.1a",
        "Every repayment that an event brought about names an event that was accepted.",
        """
        SELECT r.account_id, r.cycle, r.cause, r.amount_minor
        FROM repayment r
        WHERE r.cause LIKE 'event:%'
          AND NOT EXISTS (SELECT 1 FROM inbox i WHERE 'event:' || i.id = r.cause AND i.state = 'done')""",
    ),
    Check(
        "fee_origin",
        "R11.1a",
        "Every fee leads back to an accepted event or to an import.",
        """
        SELECT f.account_id, f.cycle, f.fee_key, f.amount, f.inbox_id, f.import_id
        FROM fee f
        LEFT JOIN inbox i ON i.id = f.inbox_id AND i.state = 'done' AND i.type = 'fees'
        LEFT JOIN fee_import m ON m.id = f.import_id
        WHERE (f.inbox_id IS NOT NULL AND i.id IS NULL) OR (f.import_id IS NOT NULL AND m.id IS NULL)
           OR (f.inbox_id IS NULL AND f.import_id IS NULL)""",
    ),
)

_UPKEEP = (
    Check(
        "slots_have_outcomes",
        "R3.6a",
        "Every calendar instant that was noticed an hour ago has been worked off, or a run is on its way to it.",
        """
        SELECT CAST(NULL AS bigint) AS account_id, s.job, s.logical_at, s.state, s.run_id AS run
        FROM schedule_slot s
        WHERE (s.state = 'owed' AND s.noticed_at < clock_timestamp() - interval '1 hour'
               AND NOT EXISTS (SELECT 1 FROM run r WHERE r.kind = s.job AND r.state <> 'done'))
           OR (s.state = 'done' AND s.job = 'month_close' AND s.run_id IS NULL)""",
    ),
    Check(
        "ledger_partitions",
        "R11.2a",
        "Every entry lies in the partition of its month; the one for everything else is empty.",
        """
        SELECT CAST(NULL AS bigint) AS account_id, to_char(posted_at AT TIME ZONE 'UTC', 'YYYY-MM') AS month,
               count(*) AS entries
        FROM ledger_transfer WHERE tableoid = CAST('ledger_transfer_default' AS regclass) GROUP BY 2""",
    ),
    Check(
        "append_only",
        "R11.2a",
        "Entries, repayments and fees are guarded against change, in every partition.",
        """
        SELECT CAST(NULL AS bigint) AS account_id, c.relname AS table_name
        FROM (SELECT oid, relname FROM pg_class
              WHERE oid IN (CAST('ledger_transfer' AS regclass), CAST('repayment' AS regclass),
                            CAST('repayment_line' AS regclass), CAST('fee' AS regclass))
              UNION ALL
              SELECT p.oid, p.relname FROM pg_inherits n JOIN pg_class p ON p.oid = n.inhrelid
              WHERE n.inhparent = CAST('ledger_transfer' AS regclass)) AS c
        WHERE NOT EXISTS (SELECT 1 FROM pg_trigger g WHERE g.tgrelid = c.oid AND g.tgname = 'append_only'
                          AND g.tgenabled IN ('O', 'A'))""",
    ),
)

CHECKS = (*_BALANCES, *_BILLS, *_EVENTS, *COLLECTING, *REPAYING, *_UPKEEP)

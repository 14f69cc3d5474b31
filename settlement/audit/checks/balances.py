"""The audit's questions about balances: each is the sum of its entries, all net to zero. Rule: R11.2, R11.3."""

from __future__ import annotations

from settlement.audit.check import STORED_KINDS, Check
from settlement.model.funds import FUNDS, STORED, FundSource
from settlement.model.statements import BALANCE_KINDS

_OWNED = ", ".join(f"'{kind}'" for kind in BALANCE_KINDS)
_NUMBERED = ", ".join(f"'{kind}'" for kind in BALANCE_KINDS if kind != "cash")
_LEFT_OF_FUNDS = " ".join(
    f"""UNION ALL SELECT a.currency, f.{stored.balance} FROM {stored.table} f JOIN account a ON a.id = f.account_id
            """
    for stored in STORED.values()
)
_FUNDS_BELOW_ZERO = " ".join(
    f"""UNION ALL SELECT account_id, '{source} ' || id, {stored.balance} FROM {stored.table} WHERE {stored.balance} < 0
        """
    for source, stored in STORED.items()
)


def _fund_balance(source: FundSource) -> Check:
    kind, (table, column) = FUNDS[source].ledger, STORED[source][:2]
    statement = f"""
        SELECT coalesce(f.account_id, l.account_id) AS account_id, coalesce(f.id, l.ref) AS {kind}_id,
               f.{column} AS stored_minor, coalesce(l.moved, 0) AS entries_minor
        FROM {table} f FULL JOIN (
            SELECT account_id, ref, sum(moved) AS moved FROM (
                SELECT account_id, credit_ref AS ref, amount_minor AS moved FROM ledger_transfer WHERE credit = '{kind}'
                UNION ALL
                SELECT account_id, debit_ref, -amount_minor FROM ledger_transfer WHERE debit = '{kind}') AS m
            GROUP BY account_id, ref) AS l ON l.account_id = f.account_id AND l.ref = f.id
        WHERE f.{column} IS DISTINCT FROM coalesce(l.moved, 0)"""
    sentence = f"What is left of {FUNDS[source].titles} is, of each, the sum of its entries."
    return Check(f"{kind}_balance", "R11.2b", sentence, statement)


BALANCES = (
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
    *map(_fund_balance, STORED),
    Check(
        "balance_below_zero",
        "R11.3c",
        "In order of its dates, no fund was below zero at any point.",
        f"""
        SELECT account_id, kind, ref, posted_at, balance_minor FROM (
            SELECT account_id, kind, ref, posted_at,
                   sum(moved) OVER (PARTITION BY account_id, kind, ref ORDER BY posted_at) AS balance_minor
            FROM (SELECT account_id, credit AS kind, credit_ref AS ref, posted_at, amount_minor AS moved
                  FROM ledger_transfer WHERE credit IN ('cash', {STORED_KINDS}, 'collected', 'refunding')
                  UNION ALL
                  SELECT account_id, debit, debit_ref, posted_at, -amount_minor
                  FROM ledger_transfer WHERE debit IN ('cash', {STORED_KINDS}, 'collected', 'refunding')
                 ) AS moves) AS balances
        WHERE balance_minor < 0""",
    ),
    Check(
        "nothing_negative",
        "R11.3a",
        "No balance, limit, frozen or paid amount is below zero, and no bill is paid beyond its amount.",
        f"""
        SELECT id AS account_id, 'cash' AS what, cash_minor AS amount_minor FROM account WHERE cash_minor < 0
        UNION ALL SELECT id, 'credit limit', credit_limit_minor FROM account WHERE credit_limit_minor < 0
        UNION ALL SELECT id, 'frozen amount', frozen_minor FROM account WHERE frozen_minor < 0
        {_FUNDS_BELOW_ZERO}
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
            {_LEFT_OF_FUNDS}
            UNION ALL SELECT a.currency, h.remaining_minor FROM charge_line h JOIN account a ON a.id = h.account_id
            UNION ALL SELECT currency, amount_minor FROM gateway_refund WHERE finished_at IS NULL
            UNION ALL SELECT currency, -owed_minor FROM gateway_reversal
            UNION ALL SELECT currency, paid_minor - payable_minor FROM bill WHERE payable_minor IS NOT NULL
            UNION ALL SELECT currency, amount_minor FROM ledger_transfer WHERE credit NOT IN ({_OWNED})
            UNION ALL SELECT currency, -amount_minor FROM ledger_transfer WHERE debit NOT IN ({_OWNED})) AS parts
        GROUP BY currency HAVING sum(minor) <> 0""",
        whole=True,
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
        whole=True,
    ),
    Check(
        "one_currency",
        "R1.1a",
        "Bills, fees, repayments and entries are in the currency of their account.",
        """
        SELECT x.account_id, x.what || coalesce(CAST(x.fee_key AS text), x.key, CAST(x.number AS text)) AS what,
               x.currency, a.currency AS kept_in
        FROM (
            SELECT account_id, currency, 'bill ' AS what, CAST(NULL AS uuid) AS fee_key, CAST(NULL AS text) AS key,
                   CAST(cycle AS bigint) AS number FROM bill
            UNION ALL SELECT account_id, currency, 'fee ', fee_key, NULL, NULL FROM fee
            UNION ALL SELECT account_id, currency, 'repayment ', NULL, cause, NULL FROM repayment
            UNION ALL SELECT account_id, currency, 'refund ', reference, NULL, NULL FROM gateway_refund
            UNION ALL SELECT account_id, currency, 'reversal ', NULL, NULL, reversal_no FROM gateway_reversal
            UNION ALL SELECT account_id, currency, 'entry ', NULL, NULL, id FROM ledger_transfer) AS x
        JOIN account a ON a.id = x.account_id
        WHERE a.currency <> x.currency""",
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

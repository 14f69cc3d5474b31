"""The audit's questions about entries: what may move what, under which act, and when. Rule: R11.2.

A new kind of entry has its line in `_ALLOWED`, or in the command of the event that books it; whatever has none is a
fault.
"""

from __future__ import annotations

from settlement.audit.check import Check
from settlement.model.commands.moves import MOVES
from settlement.model.funds import FUNDS, STORED

# Coupons pay at issuance alone; every other fund with a balance of its own pays whatever is owed, as cash does.
_PAYING = ", ".join(f"'{FUNDS[source].ledger}'" for source in STORED if source != "coupon")
# A coupon for one bill is used up by it; of the other funds none is.
_ONCE = {"coupon": "kind = 'single_use'"}
_ENDING = [(FUNDS[source].ledger, stored.table) for source, stored in STORED.items() if stored.ends]
_EXPIRING = ", ".join(f"'{kind}'" for kind, _ in _ENDING)
_VALIDITIES = " UNION ALL ".join(
    f"SELECT CAST('{kind}' AS ledger_kind) AS kind, id, account_id, valid_until, {_ONCE.get(kind, 'false')} AS once"
    f" FROM {table}"
    for kind, table in _ENDING
)
_GRANTED = " ".join(
    f"WHEN debit = '{stored.grant}' THEN credit = '{FUNDS[source].ledger}' AND cause = 'event:' || credit_ref"
    for source, stored in STORED.items()
)
_BY_EVENTS = ", ".join(f"('{move.debit}', '{move.credit}')" for move in MOVES)
# What each side that is debited may be moved to, and the act that may do it. What events bring in, what gateways take
# and give back, and what pays a bill is held against its event, charge, refund or repayment by questions of their own.
_ALLOWED = rf"""
    CASE
    WHEN credit = 'receivable' AND debit IN ('cash', {_PAYING})
        THEN cause ~ '^(event|close|charge|payment|refund|import|unified|reversal):'
    WHEN credit = 'receivable' THEN CASE debit
        WHEN 'coupon' THEN cause = 'coupon:' || credit_ref
        WHEN 'collected' THEN cause = 'charge:' || debit_ref OR cause ~ '^(payment:[0-9]+|reversal:[0-9]+:[0-9]+)$'
        WHEN 'transfer_clearing' THEN cause ~ '^unified:[0-9]+:[0-9]+$' END
    WHEN debit = 'receivable' THEN CASE credit
        WHEN 'revenue' THEN cause = 'close:' || debit_ref / 100 || '-' || lpad(CAST(debit_ref % 100 AS text), 2, '0')
        WHEN 'collected' THEN cause ~ '^reversal:[0-9]+:[0-9]+$' END
    WHEN credit = 'reversal' THEN CASE debit
        WHEN 'cash' THEN cause ~ '^(event|close|charge|payment|refund|import|unified|reversal):'
        WHEN 'gateway_clearing' THEN cause ~ ('^reversal:' || credit_ref || ':[0-9]+$') END
    WHEN debit = 'reversal' THEN credit = 'collected' AND cause ~ ('^reversal:' || debit_ref || ':[0-9]+$')
    WHEN credit = 'cash' THEN CASE debit
        WHEN 'collected' THEN cause = 'charge:' || debit_ref OR cause ~ '^reversal:[0-9]+:[0-9]+$'
        WHEN 'refunding' THEN cause = 'refund:' || debit_ref || '\:failed'
        WHEN 'gateway_clearing' THEN cause ~ '^refund:[0-9]+[:]failed$'
        WHEN 'opening' THEN cause ~ '^archive:[0-9]+$' END
    WHEN debit = 'cash' THEN CASE credit
        WHEN 'opening' THEN cause ~ '^archive:[0-9]+$'
        WHEN 'transfer_clearing' THEN cause ~ '^unified:[0-9]+:[0-9]+$'
        WHEN 'collected' THEN cause ~ '^reversal:[0-9]+:[0-9]+$' END
    WHEN credit = 'expired' AND debit IN ({_EXPIRING})
        THEN cause = CAST(debit AS text) || ':' || debit_ref || '\:expired'
             OR debit = 'coupon' AND cause ~ '^coupon:[0-9]{{6}}$'
    WHEN debit = 'gateway_clearing' THEN credit = 'collected'
        AND (cause = 'charge:' || credit_ref OR cause ~ '^reversal:[0-9]+:[0-9]+$')
    WHEN debit = 'collected' THEN credit = 'gateway_clearing' AND cause ~ '^reversal:[0-9]+:[0-9]+$'
    WHEN debit = 'refunding' THEN credit = 'gateway_clearing' AND cause = 'refund:' || debit_ref
    {_GRANTED}
    END
    OR cause ~ '^event:[0-9]+$' AND (CAST(debit AS text), CAST(credit AS text)) IN ({_BY_EVENTS})"""

ENTRIES = (
    Check(
        "entry_causes",
        "R11.2d",
        "Every entry moves money between two ledger accounts between which some act moves it, and names that act.",
        f"""
        SELECT account_id, currency, id AS entry, debit, debit_ref, credit, credit_ref, amount_minor, cause
        FROM ledger_transfer WHERE ({_ALLOWED}) IS NOT true""",
    ),
    Check(
        "unified_entries",
        "R9.3c",
        "What moves under a unified settlement's name goes from its main account's cash to bills on its list.",
        r"""
        SELECT e.account_id, e.currency, e.debit, e.credit, e.amount_minor, e.cause
        FROM (SELECT account_id, currency, debit, debit_ref, credit, credit_ref, amount_minor, cause
              FROM ledger_transfer
              WHERE (credit = 'transfer_clearing' OR debit = 'transfer_clearing') AND cause LIKE 'unified:%') AS e
        LEFT JOIN unified_settlement s ON CAST(s.id AS text) = split_part(e.cause, ':', 2)
        WHERE s.id IS NULL OR split_part(e.cause, ':', 3) !~ '^[0-9]{1,9}$'
           OR CAST(split_part(e.cause, ':', 3) AS bigint) NOT BETWEEN 1 AND s.rounds
           OR CASE e.credit
              WHEN 'transfer_clearing' THEN e.account_id <> s.main_id OR e.credit_ref <> s.main_id
              ELSE e.debit_ref <> s.main_id OR e.credit <> 'receivable'
                   OR NOT EXISTS (SELECT 1 FROM unified_line l
                                  WHERE l.settlement_id = s.id AND l.account_id = e.account_id
                                    AND l.cycle = e.credit_ref) END""",
        whole=True,
    ),
    Check(
        "expired_funds",
        "R4.6f",
        "Only cards and coupons whose validity has ended, and single-use coupons that were used, are booked off.",
        rf"""
        SELECT e.account_id, e.currency, e.debit, e.debit_ref, e.amount_minor, e.cause, e.posted_at, f.valid_until
        FROM (SELECT account_id, currency, debit, debit_ref, amount_minor, cause, posted_at
              FROM ledger_transfer WHERE credit = 'expired') AS e
        LEFT JOIN ({_VALIDITIES}) AS f
            ON f.kind = e.debit AND f.id = e.debit_ref AND f.account_id = e.account_id
        WHERE f.id IS NULL
           OR CASE WHEN e.cause LIKE '%\:expired' THEN f.valid_until > e.posted_at
                   ELSE NOT f.once OR NOT EXISTS (
                       SELECT 1 FROM repayment_line l
                       WHERE l.account_id = e.account_id AND l.cause = e.cause AND l.source = 'coupon'
                         AND l.source_id = e.debit_ref) END""",
    ),
)

"""The audit's questions about events: everything booked leads back to what was accepted. Rule: R11.1."""

from __future__ import annotations

from settlement.audit.check import GRANT_KINDS, MINOR_UNITS, STORED_KINDS, Check
from settlement.model.funds import FUNDS, STORED

# Funds that each are granted by an event of a type of its own; what a refund gives back may go elsewhere, too.
_GRANTED = [(FUNDS[source].ledger, stored) for source, stored in STORED.items() if source != "refund"]
_GRANTING = ", ".join(f"'{stored.event}'" for _, stored in _GRANTED)
_COUNTED = " ".join(
    f"count(*) FILTER (WHERE debit = '{stored.grant}' AND credit = '{kind}') AS {kind}_grants,"
    for kind, stored in _GRANTED
)
_NOT_ONCE = " ".join(f"WHEN '{stored.event}' THEN b.{kind}_grants <> 1" for kind, stored in _GRANTED)

EVENTS = (
    Check(
        "event_bookings",
        "R11.1a",
        "Every accepted event that moves money is booked once, with its amount; every booking has its event. A refund "
        "to the methods that paid may be booked in parts.",
        rf"""
        SELECT coalesce(i.account_id, b.receiver) AS account_id, coalesce(i.currency, b.currency) AS currency,
               i.id AS inbox_id, i.type, b.cause, coalesce(i.expected, 0) AS expected,
               coalesce(b.bookings, 0) AS booked, i.asked AS event_minor, b.least AS booked_minor
        FROM (
            SELECT i.id, 'event:' || i.id AS cause, i.type, i.expected, i.many, a.id AS account_id,
                   -- Few events have a payer: looked up one by one, by the index.
                   CASE WHEN i.payer IS NOT NULL
                        THEN (SELECT p.id FROM account p WHERE p.external_id = i.payer) END AS payer,
                   c.code AS currency,
                   CASE WHEN i.amount ~ '^[0-9]+(\.[0-9]+)?$' THEN CAST(i.amount AS numeric) * c.minor END AS asked
            FROM (
                SELECT id, type, account, data->>'currency' AS currency, data->>'from_account' AS payer,
                       data->>CASE WHEN type = 'account_opened' THEN 'opening_cash' ELSE 'amount' END AS amount,
                       type = 'refund' AND data->>'to' IS NOT DISTINCT FROM 'original_method' AS many,
                       CASE type WHEN 'transfer' THEN 2 WHEN 'transfer_pulled_back' THEN 2
                                 WHEN 'account_opened' THEN CASE WHEN data->>'opening_cash' ~ '[1-9]' THEN 1 ELSE 0 END
                                 ELSE 1 END AS expected
                FROM inbox WHERE state = 'done'
                  AND type IN ('top_up', 'transfer', 'transfer_pulled_back', 'refund', 'account_opened',
                               {_GRANTING})) AS i
            LEFT JOIN account a ON a.external_id = i.account
            LEFT JOIN {MINOR_UNITS} AS c ON c.code = i.currency
            WHERE i.expected > 0) AS i
        FULL JOIN (
            SELECT cause, count(*) AS bookings, min(amount_minor) AS least, max(amount_minor) AS most,
                   sum(amount_minor) AS total, min(currency) AS currency,
                   count(*) FILTER (WHERE debit = 'bank_clearing' AND credit = 'cash') AS top_ups,
                   count(*) FILTER (WHERE debit = 'opening' AND credit = 'cash') AS openings,
                   count(*) FILTER (WHERE debit = 'refund_grant' AND credit IN ('cash', 'refund')) AS refunds,
                   count(*) FILTER (WHERE debit = 'refund_grant' AND credit = 'refunding') AS on_their_way,
                   {_COUNTED}
                   count(*) FILTER (WHERE debit = 'cash' AND credit = 'transfer_clearing') AS sent,
                   count(*) FILTER (WHERE debit = 'transfer_clearing' AND credit = 'cash') AS arrived,
                   min(credit_ref) FILTER (WHERE credit IN ({STORED_KINDS})) AS fund,
                   min(account_id) FILTER (WHERE credit = 'transfer_clearing') AS payer,
                   min(account_id) FILTER (WHERE credit <> 'transfer_clearing') AS receiver
            FROM ledger_transfer
            WHERE (credit = 'transfer_clearing'
                   OR debit IN ('bank_clearing', 'transfer_clearing', 'opening', {GRANT_KINDS}))
              AND cause NOT LIKE 'unified:%' AND cause NOT LIKE 'archive:%'
            GROUP BY cause) AS b ON b.cause = i.cause
        WHERE i.id IS NULL OR b.cause IS NULL
           OR CASE WHEN i.many THEN b.total IS DISTINCT FROM i.asked
                   ELSE b.bookings <> i.expected OR b.least IS DISTINCT FROM i.asked OR b.most <> b.least END
           OR b.receiver IS DISTINCT FROM i.account_id OR b.payer IS DISTINCT FROM i.payer OR b.fund <> i.id
           OR CASE i.type WHEN 'top_up' THEN b.top_ups <> 1 WHEN 'account_opened' THEN b.openings <> 1
                          WHEN 'refund' THEN b.refunds > 1 OR b.refunds + b.on_their_way <> b.bookings
                               OR b.on_their_way > 0 AND NOT i.many
                          {_NOT_ONCE}
                          ELSE b.sent <> 1 OR b.arrived <> 1 END""",
        whole=True,
    ),
    Check(
        "repayment_events",
        "R11.1a",
        "Every repayment that an event brought about names an event that was accepted and is about the account.",
        # What a transfer, a relationship or a unified settlement lets go pays bills of other accounts too.
        """
        SELECT r.account_id, r.cycle, r.cause, r.amount_minor
        FROM repayment r JOIN account a ON a.id = r.account_id
        WHERE r.cause LIKE 'event:%'
          AND NOT EXISTS (SELECT 1 FROM inbox i
                          WHERE 'event:' || i.id = r.cause AND i.state = 'done'
                            AND (i.account = a.external_id
                                 OR i.type ~ '^(transfer|relationship_|unified_settlement_)'))
          AND NOT EXISTS (SELECT 1 FROM archived_event e
                          WHERE 'event:' || e.inbox_id = r.cause AND e.account_id = r.account_id)""",
        whole=True,
    ),
)

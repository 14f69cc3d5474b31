-- Gives the loaded accounts a past that the audit accepts: every balance leads back to an event, every accrual to a
-- fee, every payment to a repayment. Run as a superuser with session_replication_role = replica, before the month closes.

-- Nothing was carried over, since there is no bill from which it could have been.
UPDATE bill SET carried_in = 0 WHERE carried_in <> 0;

-- Opening balances become top-ups, each by an event of its own; a card or a refund has the id of its event.
UPDATE ledger_transfer
SET debit = CASE WHEN credit = 'cash' THEN 'bank_clearing' ELSE debit END,
    cause = CASE WHEN credit = 'receivable' THEN 'close:2026-09' WHEN credit = 'revenue' THEN 'close:2026-09'
                 WHEN credit = 'cash' THEN 'event:' || 1000000000 + id ELSE 'event:' || credit_ref END;
INSERT INTO inbox (id, source, event_id, type, account, data, state, received_at, finished_at)
OVERRIDING SYSTEM VALUE
SELECT CAST(substr(l.cause, 7) AS bigint), 'bench', l.cause,
       CASE l.credit WHEN 'card' THEN 'card_activated' WHEN 'refund' THEN 'refund' ELSE 'top_up' END, a.external_id,
       jsonb_build_object('amount', CAST(l.amount_minor / CAST('1e' || c.exponent AS numeric) AS text),
                          'currency', l.currency),
       'done', l.posted_at, l.posted_at
FROM ledger_transfer l JOIN account a ON a.id = l.account_id JOIN currency c ON c.code = l.currency
WHERE l.cause LIKE 'event:%';

-- What was paid of the month before has its repayment.
INSERT INTO repayment (account_id, cycle, cause, initiator, amount_minor, currency, paid_at)
SELECT account_id, credit_ref, cause, 'auto_write_off', amount_minor, currency, posted_at
FROM ledger_transfer WHERE credit = 'receivable';
INSERT INTO repayment_line (account_id, cycle, cause, line_no, source, source_id, amount_minor)
SELECT account_id, cycle, cause, 1, 'cash', 0, amount_minor FROM repayment;

-- A fee for every line, one event for every bill.
CREATE TEMPORARY TABLE billed AS
SELECT b.account_id, b.cycle, a.external_id, 2000000000 + row_number() OVER (ORDER BY b.account_id, b.cycle) AS inbox_id
FROM bill b JOIN account a ON a.id = b.account_id;
INSERT INTO fee (account_id, fee_key, cycle, amount, currency, product, order_id, incurred_at, late, inbox_id, booked_at)
SELECT l.account_id, gen_random_uuid(), l.cycle, l.accrued, a.currency, l.product, l.order_id,
       to_timestamp(l.cycle || '15', 'YYYYMMDD'), NOT l.single_month, b.inbox_id, to_timestamp(l.cycle || '15', 'YYYYMMDD')
FROM bill_line l JOIN billed b ON b.account_id = l.account_id AND b.cycle = l.cycle JOIN account a ON a.id = l.account_id;
INSERT INTO inbox (id, source, event_id, type, account, data, state, received_at, finished_at)
OVERRIDING SYSTEM VALUE
SELECT b.inbox_id, 'bench', 'fees:' || b.inbox_id, 'fees', b.external_id,
       jsonb_build_object('fees', (
           SELECT jsonb_agg(jsonb_build_object('id', fee_key, 'amount', CAST(amount AS text), 'currency', currency,
                                               'product', product, 'order', order_id, 'incurred_at', incurred_at))
           FROM fee f WHERE f.account_id = b.account_id AND f.cycle = b.cycle)),
       'done', '2026-10-15', '2026-10-15'
FROM billed b;
DROP TABLE billed;

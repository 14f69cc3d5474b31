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
                          'currency', l.currency)
       || CASE l.credit
          WHEN 'card' THEN jsonb_build_object('card', f.external_id, 'valid_from', f.valid_from,
                                              'valid_until', f.valid_until, 'products', f.products, 'orders', f.orders)
          WHEN 'refund' THEN jsonb_build_object('cycle', to_char(to_date(CAST(r.cycle AS text), 'YYYYMM'), 'YYYY-MM'))
          ELSE '{}' END,
       'done', l.posted_at, l.posted_at
FROM ledger_transfer l JOIN account a ON a.id = l.account_id JOIN currency c ON c.code = l.currency
LEFT JOIN stored_value_card f ON l.credit = 'card' AND f.id = l.credit_ref
LEFT JOIN credit_refund r ON l.credit = 'refund' AND r.id = l.credit_ref
WHERE l.cause LIKE 'event:%';

-- What pays first goes by when it was granted.
UPDATE credit_refund r SET granted_at = l.posted_at FROM ledger_transfer l WHERE l.credit = 'refund' AND l.credit_ref = r.id;

-- Every account was opened; what is frozen and held was so by another event; the parked ones were announced.
INSERT INTO inbox (id, source, event_id, type, account, data, state, received_at, finished_at)
OVERRIDING SYSTEM VALUE
SELECT a.id, 'bench', 'open:' || a.id, 'account_opened', a.external_id,
       jsonb_build_object('currency', a.currency, 'credit_control', a.credit_control,
                          'credit_limit', CAST(a.credit_limit_minor / CAST('1e' || c.exponent AS numeric) AS text),
                          'auto_write_off', a.auto_write_off_enabled, 'write_off_past_bills', a.write_off_past_bills),
       'done', a.opened_at, a.opened_at
FROM account a JOIN currency c ON c.code = a.currency;
INSERT INTO inbox (id, source, event_id, type, account, data, state, received_at, finished_at)
OVERRIDING SYSTEM VALUE
SELECT 3000000000 + a.id, 'bench', 'change:' || a.id, 'account_changed', a.external_id,
       jsonb_build_object('currency', a.currency,
                          'frozen_amount', CAST(a.frozen_minor / CAST('1e' || c.exponent AS numeric) AS text),
                          'hold', CASE WHEN h.account_id IS NOT NULL
                                       THEN jsonb_build_object('reason', h.reason, 'ref', h.ref) END),
       'done', a.opened_at, a.opened_at
FROM account a JOIN currency c ON c.code = a.currency LEFT JOIN write_off_hold h ON h.account_id = a.id
WHERE a.frozen_minor > 0 OR h.account_id IS NOT NULL;
INSERT INTO outbox (account_id, topic, payload, correlation_id, created_at, published_at)
SELECT id, 'account.parked', '{}', 'bench', parked_at, parked_at FROM account WHERE parked_at IS NOT NULL;

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
       to_timestamp(l.cycle || '15', 'YYYYMMDD') - CASE WHEN l.single_month THEN interval '0' ELSE interval '1 month' END,
       NOT l.single_month, b.inbox_id, to_timestamp(l.cycle || '15', 'YYYYMMDD')
FROM bill_line l JOIN billed b ON b.account_id = l.account_id AND b.cycle = l.cycle JOIN account a ON a.id = l.account_id;
INSERT INTO inbox (id, source, event_id, type, account, data, state, received_at, finished_at)
OVERRIDING SYSTEM VALUE
SELECT b.inbox_id, 'bench', 'fees:' || b.inbox_id, 'fees', b.external_id,
       jsonb_build_object('fees', (
           SELECT jsonb_agg(jsonb_build_object('id', fee_key, 'amount', CAST(amount AS text), 'currency', currency,
                                               'product', product, 'order_id', order_id, 'incurred_at', incurred_at))
           FROM fee f WHERE f.account_id = b.account_id AND f.cycle = b.cycle)),
       'done', '2026-10-15', '2026-10-15'
FROM billed b;
DROP TABLE billed;

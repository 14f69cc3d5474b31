-- What settlement/audit/checks/dates.py must find, planted in the full month: faults by the owner of the tables, and lies
-- that the worker's role can write. Each has the name of the check that must find it; others may notice it too.

-- lie: entry_dates (an entry posted into a past month)
INSERT INTO inbox (source, event_id, type, account, data, state, received_at, finished_at)
VALUES ('s', 'late', 'top_up', 'rich', '{"amount": "1.00", "currency": "USD"}', 'done', '2026-11-05', now());
INSERT INTO ledger_transfer (account_id, debit, credit, amount_minor, currency, cause, posted_at)
SELECT pg_temp.of('rich'), 'bank_clearing', 'cash', 100, 'USD', 'event:' || id, '2026-10-06'
FROM inbox WHERE event_id = 'late';
UPDATE account SET cash_minor = cash_minor + 100 WHERE id = pg_temp.of('rich');

-- lie: entry_dates (an entry of a time to come)
INSERT INTO inbox (source, event_id, type, account, data, state, received_at, finished_at)
VALUES ('s', 'early', 'top_up', 'rich', '{"amount": "1.00", "currency": "USD"}', 'done', '2026-11-05', now());
INSERT INTO ledger_transfer (account_id, debit, credit, amount_minor, currency, cause, posted_at)
SELECT pg_temp.of('rich'), 'bank_clearing', 'cash', 100, 'USD', 'event:' || id, '2027-10-06'
FROM inbox WHERE event_id = 'early';
UPDATE account SET cash_minor = cash_minor + 100 WHERE id = pg_temp.of('rich');

-- lie: repayment_dates (a payment dated otherwise than its entries)
INSERT INTO repayment (account_id, cycle, cause, initiator, amount_minor, currency, paid_at)
VALUES (pg_temp.of('away'), 202610, 'close:2026-10', 'auto_write_off', 100, 'USD', '2026-11-02T04:00Z');
INSERT INTO repayment_line (account_id, cycle, cause, line_no, source, source_id, amount_minor)
VALUES (pg_temp.of('away'), 202610, 'close:2026-10', 1, 'cash', 0, 100);
INSERT INTO ledger_transfer (account_id, debit, credit, credit_ref, amount_minor, currency, cause, posted_at)
VALUES (pg_temp.of('away'), 'cash', 'receivable', 202610, 100, 'USD', 'close:2026-10', '2026-11-09');
UPDATE bill SET paid_minor = paid_minor + 100 WHERE account_id = pg_temp.of('away') AND cycle = 202610;
UPDATE account SET cash_minor = cash_minor - 100 WHERE id = pg_temp.of('away');

-- lie: funds_dated (money that came is dated back)
UPDATE account SET funds_since = '2026-10-01' WHERE id = pg_temp.of('poor');

-- lie: funds_dated (money that never came is awaited)
UPDATE account SET funds_since = '2027-10-01' WHERE id = pg_temp.of('away');

-- lie: funds_granted (a card pays after those that were granted later)
UPDATE stored_value_card SET granted_at = '2026-11-01' WHERE external_id = 'gift';

-- lie: bill_dates (a bill of nothing was issued later)
UPDATE bill SET issued_at = issued_at + interval '1 day', settled_at = settled_at + interval '1 day'
WHERE account_id = pg_temp.of('credited') AND cycle = 202610;

-- lie: bill_dates (a bill was settled later than it was paid)
UPDATE bill SET settled_at = settled_at + interval '1 day' WHERE account_id = pg_temp.of('rich') AND cycle = 202610;

-- lie: overdue_announced (overdue, which nobody was told)
UPDATE bill SET due_on = '2026-11-05', due_rule = 'monthly, 3 calendar days', overdue_at = '2026-11-05T16:00Z'
WHERE account_id = pg_temp.of('away') AND cycle = 202610;

-- lie: overdue_announced (no more overdue, though nothing was paid)
INSERT INTO outbox (account_id, topic, payload, correlation_id, created_at)
VALUES (pg_temp.of('away'), 'bill.overdue', '{"cycle": "2026-10"}', 'x', '2026-11-05T16:00Z');

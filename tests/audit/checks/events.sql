-- What settlement/audit/checks/events.py must find, planted in the full month: faults by the owner of the tables, and lies
-- that the worker's role can write. Each has the name of the check that must find it; others may notice it too.

-- fault: event_bookings
UPDATE inbox SET state = 'waiting' WHERE type = 'top_up';

-- fault: event_bookings
DELETE FROM inbox WHERE type = 'refund';

-- fault: event_bookings
DELETE FROM ledger_transfer WHERE debit = 'card_grant';

-- fault: event_bookings
UPDATE inbox SET data = jsonb_set(data, '{amount}', '"40.00"') WHERE type = 'top_up';

-- fault: event_bookings
UPDATE inbox SET account = 'rich' WHERE type = 'top_up';

-- fault: event_bookings
UPDATE inbox SET type = 'refund' WHERE type = 'top_up';

-- fault: event_bookings
INSERT INTO inbox (source, event_id, type, account, data, state)
VALUES ('s', 'lost', 'top_up', 'rich', '{"amount": "1.00", "currency": "USD"}', 'done');

-- fault: event_bookings
INSERT INTO ledger_transfer
    (account_id, debit, debit_ref, credit, credit_ref, amount_minor, currency, cause, posted_at)
VALUES (pg_temp.of('rich'), 'bank_clearing', 0, 'cash', 0, 1, 'USD', 'by hand', '2026-11-03');

-- fault: event_bookings
INSERT INTO ledger_transfer (account_id, debit, credit, amount_minor, currency, cause, posted_at)
SELECT account_id, debit, credit, amount_minor, currency, cause, posted_at
FROM ledger_transfer WHERE debit = 'bank_clearing';

-- fault: repayment_events
UPDATE repayment SET cause = 'event:999999' WHERE cause LIKE 'event:%';

-- fault: repayment_events
UPDATE inbox SET state = 'refused', reason = 'no' WHERE type = 'top_up';

-- fault: event_bookings
UPDATE inbox SET data = jsonb_set(data, '{amount}', '"31.00"') WHERE data->>'amount' = '30.00';

-- fault: event_bookings
UPDATE inbox SET data = data - 'to' WHERE data->>'to' = 'original_method';

-- fault: event_bookings
UPDATE ledger_transfer SET credit = 'refunding', credit_ref = 7 WHERE debit = 'refund_grant' AND credit = 'refund';

-- fault: repayment_events
UPDATE repayment SET cause = 'event:' || (SELECT id FROM inbox WHERE type = 'account_opened' AND account = 'rich')
WHERE cause LIKE 'event:%' AND account_id = pg_temp.of('poor');

-- What settlement/audit/checks/payments.py must find, planted in the full month: faults by the owner of the tables, and lies
-- that the worker's role can write. Each has the name of the check that must find it; others may notice it too.

-- fault: payments_hold_back
UPDATE account SET held_minor = 1 WHERE external_id = 'rich';

-- fault: payments_hold_back
INSERT INTO write_off_hold (account_id, reason, ref, held_at) VALUES (pg_temp.of('rich'), 'manual_payment', '5', now());

-- lie: payments_as_requested (a payment that nobody made)
INSERT INTO bill_payment (id, account_id, external_id, cycle, total_minor, balance_minor, currency, channel, state,
    started_at, lease_until, finished_at)
VALUES (99004, pg_temp.of('away'), 'p', 202610, 100, 100, 'USD', 'balance', 'completed', '2026-11-03', '2026-11-03',
    '2026-11-03');

-- lie: payments_as_requested (a payment over more than was requested)
INSERT INTO inbox (id, source, event_id, type, account, data, state, received_at, finished_at) OVERRIDING SYSTEM VALUE
VALUES (99007, 's', 'pay', 'bill_payment_requested', 'away',
    '{"payment": "p", "cycle": "2026-10", "currency": "USD", "amount": "1.00"}', 'done', '2026-11-03', now());
INSERT INTO bill_payment (id, account_id, external_id, cycle, total_minor, balance_minor, currency, channel, state,
    started_at, lease_until, finished_at)
VALUES (99007, pg_temp.of('away'), 'p', 202610, 200, 200, 'USD', 'balance', 'failed', '2026-11-03', '2026-11-03',
    '2026-11-03');

-- What settlement/audit/checks/reversals.py must find, planted in the full month: faults by the owner of the tables, and lies
-- that the worker's role can write. Each has the name of the check that must find it; others may notice it too.

-- fault: reversals_booked
INSERT INTO gateway_reversal (account_id, reversal_no, gateway, gateway_ref, kind, attempt_no, amount_minor, currency,
    state, funds, reason, opened_at, found_at, read_at, closed_at, taken_minor, owed_minor, steps)
VALUES (pg_temp.of('charged'), 1, 'sandbox', 're-9', 'refund', 1, 500, 'USD', 'succeeded', 'withdrawn', '', '2026-11-03',
        '2026-11-03', '2026-11-03', '2026-11-03', 500, 0, 1);

-- fault: reversals_booked
INSERT INTO ledger_transfer
    (account_id, debit, debit_ref, credit, credit_ref, amount_minor, currency, cause, posted_at)
VALUES (pg_temp.of('charged'), 'gateway_clearing', 0, 'reversal', 1, 500, 'USD', 'reversal:1:1', '2026-11-03');

-- fault: charges_reversed
INSERT INTO gateway_reversal (account_id, reversal_no, gateway, gateway_ref, kind, attempt_no, amount_minor, currency,
    state, funds, reason, opened_at, found_at, read_at, closed_at, taken_minor, owed_minor, steps)
VALUES (pg_temp.of('charged'), 1, 'sandbox', 're-9', 'refund', 1, 500, 'USD', 'succeeded', 'withdrawn', '', '2026-11-03',
        '2026-11-03', '2026-11-03', '2026-11-03', 500, 0, 1);

-- fault: charges_reversed
UPDATE charge_attempt SET reversed_minor = 1 WHERE account_id = pg_temp.of('charged');

-- fault: owed_paid_first
INSERT INTO gateway_reversal (account_id, reversal_no, gateway, gateway_ref, kind, attempt_no, amount_minor, currency,
    state, funds, reason, opened_at, found_at, read_at, closed_at, taken_minor, owed_minor, steps)
VALUES (pg_temp.of('charged'), 1, 'sandbox', 're-9', 'refund', 1, 500, 'USD', 'succeeded', 'withdrawn', '', '2026-11-03',
        '2026-11-03', '2026-11-03', '2026-11-03', 500, 500, 1);

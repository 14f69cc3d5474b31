-- What settlement/audit/checks/collection.py must find, planted in the full month: faults by the owner of the tables, and lies
-- that the worker's role can write. Each has the name of the check that must find it; others may notice it too.

-- lie: uncollected_fees (nothing is left to be collected)
UPDATE collecting SET uncollected_minor = 0 WHERE account_id = pg_temp.of('charged');

-- lie: collection_status (a threshold beside a decline that never was)
UPDATE collecting SET declining_since = now(), declined_cycle = 202611, noticed_until = now(), threshold_minor = NULL
WHERE account_id = pg_temp.of('charged');

-- lie: collection_status (nothing of collection is known)
DELETE FROM collecting WHERE account_id = pg_temp.of('charged');

-- lie: collection_status (a decline that nobody follows)
INSERT INTO charge_attempt (account_id, attempt_no, reason, cycle, method_id, gateway, customer_token, method_token,
    amount_minor, currency, state, created_at, sent_at, finished_at)
SELECT account_id, 99, 'retry', 202611, id, gateway, customer_token, method_token, 500, 'USD', 'declined', '2026-11-05',
    '2026-11-05', '2026-11-05'
FROM payment_method WHERE account_id = pg_temp.of('charged');
INSERT INTO charge_line VALUES (pg_temp.of('charged'), 99, 202611, 500, 0);
UPDATE collecting SET last_attempt_no = 99 WHERE account_id = pg_temp.of('charged');

-- lie: collection_threshold (charged sooner)
UPDATE collecting SET threshold_minor = 1 WHERE account_id = pg_temp.of('charged');

-- lie: collection_threshold (never charged by itself)
UPDATE collecting SET threshold_minor = NULL WHERE account_id = pg_temp.of('charged');

-- lie: collection_pace (no more charges today)
UPDATE collecting SET attempts_that_day = 3 WHERE account_id = pg_temp.of('charged');

-- lie: collection_pace (suspended without a decline)
UPDATE collecting SET suspended_at = '2026-11-05' WHERE account_id = pg_temp.of('charged');

-- lie: collection_pace (looked at in a year)
UPDATE collecting SET due_at = '2027-11-05' WHERE account_id = pg_temp.of('charged');

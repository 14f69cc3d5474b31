-- What settlement/audit/checks/fees.py must find, planted in the full month: faults by the owner of the tables, and lies
-- that the worker's role can write. Each has the name of the check that must find it; others may notice it too.

-- fault: fee_origin
UPDATE fee SET inbox_id = 999999 WHERE product = 'OSS';

-- fault: fee_origin
UPDATE fee SET inbox_id = NULL, import_id = 999999 WHERE product = 'OSS';

-- lie: event_fees (an event is done, and none of its fees is booked)
INSERT INTO inbox (source, event_id, type, account, data, state, finished_at)
VALUES ('s', 'swallowed', 'fees', 'rich', '{"fees": [{"id": "f", "amount": "3.00", "currency": "USD", "product": "ECS",
    "incurred_at": "2026-11-03T00:00:00Z"}]}', 'done', now());

-- lie: event_fees (a second fee under one event)
INSERT INTO fee (account_id, fee_key, cycle, amount, currency, product, incurred_at, late, inbox_id, booked_at)
SELECT account_id, gen_random_uuid(), cycle, 3, currency, product, incurred_at, late, inbox_id, booked_at
FROM fee WHERE account_id = pg_temp.of('said');
UPDATE bill SET accrued = accrued + 3 WHERE account_id = pg_temp.of('said');
UPDATE bill_line SET accrued = accrued + 3 WHERE account_id = pg_temp.of('said');

-- lie: event_fees (an event swallowed, whose sender has reported other fees before)
INSERT INTO inbox (source, event_id, type, account, data, state, finished_at)
SELECT source, 'swallowed', type, account, jsonb_set(data, '{fees,0,id}', '"another"'), 'done', now()
FROM inbox WHERE type = 'fees' AND account = 'said';

-- lie: import_fees (a fee more than the report of its import says)
INSERT INTO fee_import (file_name, started_at, finished_at, report)
VALUES ('x.csv', '2026-11-03', '2026-11-03', '{"accepted": 0, "totals": {}}');
INSERT INTO fee (account_id, fee_key, cycle, amount, currency, product, incurred_at, late, import_id, booked_at)
SELECT account_id, gen_random_uuid(), cycle, 3, currency, product, incurred_at, late,
    (SELECT max(id) FROM fee_import), booked_at
FROM fee WHERE account_id = pg_temp.of('said');
UPDATE bill SET accrued = accrued + 3 WHERE account_id = pg_temp.of('said');
UPDATE bill_line SET accrued = accrued + 3 WHERE account_id = pg_temp.of('said');

-- lie: fee_months (a fee of another month)
INSERT INTO fee (account_id, fee_key, cycle, amount, currency, product, incurred_at, late, inbox_id, booked_at)
SELECT account_id, gen_random_uuid(), cycle, 3, currency, product, '2026-08-03', late, inbox_id, booked_at
FROM fee WHERE account_id = pg_temp.of('said');

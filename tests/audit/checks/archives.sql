-- What settlement/audit/checks/archives.py must find, planted in the full month: faults by the owner of the tables, and
-- lies that the worker's role can write. Each has the name of the check that must find it; others may notice it too.

-- lie: archives_on_record
UPDATE bill SET archive_id = 7 WHERE account_id = pg_temp.of('rich');

-- fault: archives_on_record
INSERT INTO archive (id, kind, before, first_cycle, last_cycle, folder, files, bills, fees, events, announcements, sums)
VALUES (1, 'bills', 202610, 202609, 202609, '/', '[]', 0, 1, 0, 0, '{}');

-- lie: archived_once
UPDATE bill SET archive_id = 7 WHERE (account_id, cycle) IN (SELECT account_id, cycle FROM fee);

-- fault: archived_once
INSERT INTO archived_fee_keys (account_id, first_key, fee_keys) SELECT account_id, fee_key, ARRAY[fee_key] FROM fee LIMIT 1;

-- lie: archived_ledgers
UPDATE bill SET records_archive_id = 7 WHERE account_id = pg_temp.of('rich');

-- fault: archived_ledgers
INSERT INTO archive (id, kind, before, first_cycle, last_cycle, folder, files, bills, fees, events, announcements, sums)
VALUES (1, 'ledger', 202610, NULL, NULL, '/', '[]', 0, 0, 0, 0, '{}');
INSERT INTO archived_ledger (account_id, until, archive_id, cash_minor)
VALUES (pg_temp.of('rich'), '2026-10-01', 1, 5);

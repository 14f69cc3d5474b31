-- What settlement/audit/checks/upkeep.py must find, planted in the full month: faults by the owner of the tables, and lies
-- that the worker's role can write. Each has the name of the check that must find it; others may notice it too.

-- fault: slots_have_outcomes
INSERT INTO schedule_slot (job, logical_at, noticed_at)
VALUES ('month_close', '2026-10-02T04:00Z', clock_timestamp() - interval '2 hours');

-- fault: slots_have_outcomes
UPDATE schedule_slot SET state = 'done', run_id = NULL WHERE job = 'month_close';

-- fault: slots_complete
INSERT INTO schedule_slot (job, logical_at, state, run_id)
SELECT 'month_close', '2026-08-02T04:00Z', 'done', id FROM run;

-- fault: ledger_partitions
INSERT INTO ledger_transfer
    (account_id, debit, debit_ref, credit, credit_ref, amount_minor, currency, cause, posted_at)
VALUES (pg_temp.of('rich'), 'cash', 0, 'opening', 0, 1, 'USD', 'x', '1999-01-01');

-- fault: append_only
DROP TRIGGER append_only ON fee;

-- fault: append_only (settings)
DROP TRIGGER append_only ON settings_version;

-- fault: append_only (one partition may be emptied)
DROP TRIGGER no_truncate ON ledger_transfer_202610;

-- fault: append_only (fees of an archive may be booked again)
DROP TRIGGER archived_once ON fee;

-- fault: append_only (fees may be booked to nobody)
DROP TRIGGER of_an_account ON fee;

-- lie: slots_have_outcomes (a day of the future is done)
INSERT INTO schedule_slot (job, logical_at, state, finished_at)
VALUES ('daily_check', '2026-12-24T16:00Z', 'done', '2026-11-05');

-- lie: slots_have_outcomes (a month is swept that is not over)
INSERT INTO run (kind, cycle, logical_at, state, finished_at)
VALUES ('month_end_sweep', 202612, '2026-11-01T15:00Z', 'done', '2026-11-05');

-- lie: slots_complete (days are left out)
INSERT INTO schedule_slot (job, logical_at, state, finished_at)
VALUES ('daily_check', '2026-11-05T16:00Z', 'done', '2026-11-05');

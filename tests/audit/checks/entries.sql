-- What settlement/audit/checks/entries.py must find, planted in the full month: faults by the owner of the tables, and lies
-- that the worker's role can write. Each has the name of the check that must find it; others may notice it too.

-- fault: entry_causes
INSERT INTO ledger_transfer
    (account_id, debit, debit_ref, credit, credit_ref, amount_minor, currency, cause, posted_at)
VALUES (pg_temp.of('rich'), 'receivable', 202610, 'collected', 1, 500, 'USD', 'event:1', '2026-11-03');

-- fault: entry_causes
INSERT INTO ledger_transfer
    (account_id, debit, debit_ref, credit, credit_ref, amount_minor, currency, cause, posted_at)
SELECT id, 'revenue', 0, 'cash', 0, 900, 'USD', 'close:2026-10', '2026-11-03' FROM account WHERE external_id = 'rich';
UPDATE account SET cash_minor = cash_minor + 900 WHERE id = pg_temp.of('rich');

-- fault: entry_causes
INSERT INTO ledger_transfer
    (account_id, debit, debit_ref, credit, credit_ref, amount_minor, currency, cause, posted_at)
VALUES (pg_temp.of('rich'), 'cash', 0, 'expired', 0, 100, 'USD', 'card:5:expired', '2026-11-03');
UPDATE account SET cash_minor = cash_minor - 100 WHERE id = pg_temp.of('rich');

-- fault: entry_causes
INSERT INTO unified_settlement (id, main_id, external_id, currency, state, rounds, created_at, run_at, finished_at)
VALUES (99002, pg_temp.of('rich'), 'u', 'USD', 'closed', 1, '2026-11-03', '2026-11-03', '2026-11-03');
INSERT INTO ledger_transfer
    (account_id, debit, debit_ref, credit, credit_ref, amount_minor, currency, cause, posted_at)
VALUES (pg_temp.of('rich'), 'cash', 0, 'transfer_clearing', pg_temp.of('rich'), 100, 'USD', 'unified:99002:1', '2026-11-03'),
    (pg_temp.of('poor'), 'transfer_clearing', pg_temp.of('rich'), 'cash', 0, 100, 'USD', 'unified:99002:1', '2026-11-03');
UPDATE account SET cash_minor = cash_minor - 100 WHERE id = pg_temp.of('rich');
UPDATE account SET cash_minor = cash_minor + 100 WHERE id = pg_temp.of('poor');

-- fault: entry_causes
UPDATE ledger_transfer SET cause = 'close:2026-09' WHERE debit = 'receivable' AND account_id = pg_temp.of('rich');

-- fault: entry_causes
UPDATE ledger_transfer SET cause = 'by hand' WHERE debit = 'refunding' AND credit = 'cash';

-- fault: unified_entries
INSERT INTO unified_settlement (id, main_id, external_id, currency, state, rounds, created_at, run_at, finished_at)
VALUES (99002, pg_temp.of('rich'), 'u', 'USD', 'closed', 1, '2026-11-03', '2026-11-03', '2026-11-03');
INSERT INTO ledger_transfer
    (account_id, debit, debit_ref, credit, credit_ref, amount_minor, currency, cause, posted_at)
VALUES (pg_temp.of('away'), 'cash', 0, 'transfer_clearing', pg_temp.of('away'), 100, 'USD', 'unified:99002:1', '2026-11-03'),
    (pg_temp.of('poor'), 'transfer_clearing', pg_temp.of('away'), 'receivable', 202610, 100, 'USD', 'unified:99002:1',
     '2026-11-03');

-- fault: expired_funds
INSERT INTO ledger_transfer
    (account_id, debit, debit_ref, credit, credit_ref, amount_minor, currency, cause, posted_at)
SELECT account_id, 'card', id, 'expired', 0, 100, 'USD', 'card:' || id || ':expired', '2026-11-03' FROM stored_value_card;
UPDATE stored_value_card SET products = NULL;

-- lie: entry_causes (revenue becomes cash without an event)
INSERT INTO ledger_transfer (account_id, debit, credit, amount_minor, currency, cause, posted_at)
VALUES (pg_temp.of('rich'), 'revenue', 'cash', 900, 'USD', 'close:2026-10', '2026-11-03');
UPDATE account SET cash_minor = cash_minor + 900 WHERE id = pg_temp.of('rich');

-- lie: entry_causes (cash is booked off as if it had expired)
INSERT INTO ledger_transfer (account_id, debit, credit, amount_minor, currency, cause, posted_at)
VALUES (pg_temp.of('rich'), 'cash', 'expired', 100, 'USD', 'card:5:expired', '2026-11-03');
UPDATE account SET cash_minor = cash_minor - 100 WHERE id = pg_temp.of('rich');

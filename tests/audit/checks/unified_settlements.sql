-- What settlement/audit/checks/unified_settlements.py must find, planted in the full month: faults by the owner of the tables, and lies
-- that the worker's role can write. Each has the name of the check that must find it; others may notice it too.

-- fault: unified_payments
INSERT INTO unified_settlement (id, main_id, external_id, currency, state, created_at, finished_at)
VALUES (99002, pg_temp.of('rich'), 'u', 'USD', 'closed', '2026-11-03', '2026-11-03');
INSERT INTO unified_line (settlement_id, account_id, cycle, line_no, listed_minor, paid_minor, state)
VALUES (99002, pg_temp.of('carded'), 202610, 1, 500, 100, 'dropped');

-- fault: unified_holds
INSERT INTO unified_settlement (id, main_id, external_id, currency, created_at)
VALUES (99002, pg_temp.of('rich'), 'u', 'USD', '2026-11-03');
INSERT INTO unified_line (settlement_id, account_id, cycle, line_no, listed_minor)
VALUES (99002, pg_temp.of('poor'), 202610, 1, 500);

-- fault: unified_holds
INSERT INTO write_off_hold (account_id, reason, ref, held_at)
VALUES (pg_temp.of('rich'), 'unified_settlement', '5', now());

-- fault: unified_over
INSERT INTO unified_settlement (id, main_id, external_id, currency, state, created_at, finished_at)
VALUES (99002, pg_temp.of('rich'), 'u', 'USD', 'completed', '2026-11-03', '2026-11-03');
INSERT INTO unified_line (settlement_id, account_id, cycle, line_no, listed_minor, state)
VALUES (99002, pg_temp.of('poor'), 202610, 1, 500, 'open');

-- lie: unified_as_asked (cash goes to another account under the name of a settlement that nobody made)
INSERT INTO unified_settlement (id, main_id, external_id, currency, state, rounds, created_at, run_at, finished_at)
VALUES (99002, pg_temp.of('rich'), 'u', 'USD', 'closed', 1, '2026-11-03', '2026-11-03', '2026-11-03');
INSERT INTO unified_line (settlement_id, account_id, cycle, line_no, listed_minor, paid_minor, state)
VALUES (99002, pg_temp.of('poor'), 202610, 1, 500, 100, 'dropped');
INSERT INTO ledger_transfer
    (account_id, debit, debit_ref, credit, credit_ref, amount_minor, currency, cause, posted_at)
VALUES (pg_temp.of('rich'), 'cash', 0, 'transfer_clearing', pg_temp.of('rich'), 100, 'USD', 'unified:99002:1', '2026-11-03'),
    (pg_temp.of('poor'), 'transfer_clearing', pg_temp.of('rich'), 'receivable', 202610, 100, 'USD', 'unified:99002:1', '2026-11-03');
INSERT INTO repayment (account_id, cycle, cause, initiator, amount_minor, currency, paid_at)
VALUES (pg_temp.of('poor'), 202610, 'unified:99002:1', 'unified_settlement', 100, 'USD', '2026-11-03');
INSERT INTO repayment_line (account_id, cycle, cause, line_no, source, source_id, amount_minor)
VALUES (pg_temp.of('poor'), 202610, 'unified:99002:1', 1, 'main_account', pg_temp.of('rich'), 100);
UPDATE bill SET paid_minor = paid_minor + 100 WHERE account_id = pg_temp.of('poor') AND cycle = 202610;
UPDATE account SET cash_minor = cash_minor - 100 WHERE id = pg_temp.of('rich');

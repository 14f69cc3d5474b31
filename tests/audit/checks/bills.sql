-- What settlement/audit/checks/bills.py must find, planted in the full month: faults by the owner of the tables, and lies
-- that the worker's role can write. Each has the name of the check that must find it; others may notice it too.

-- fault: bill_entries
INSERT INTO ledger_transfer
    (account_id, debit, debit_ref, credit, credit_ref, amount_minor, currency, cause, posted_at)
VALUES (pg_temp.of('poor'), 'receivable', 202609, 'revenue', 0, 1, 'USD', 'x', '2026-11-03');

-- fault: bill_entries
DELETE FROM ledger_transfer WHERE account_id = pg_temp.of('away') AND debit = 'receivable';

-- fault: bill_entries
INSERT INTO ledger_transfer
    (account_id, debit, debit_ref, credit, credit_ref, amount_minor, currency, cause, posted_at)
VALUES (pg_temp.of('away'), 'cash', 0, 'receivable', 202610, 1, 'USD', 'x', '2026-11-03');

-- fault: bill_repayments
UPDATE bill SET paid_minor = paid_minor + 1 WHERE state = 'unsettled' AND account_id = pg_temp.of('away');

-- fault: bill_repayments
DELETE FROM repayment WHERE account_id = pg_temp.of('rich');

-- fault: repayment_lines
UPDATE repayment_line SET amount_minor = amount_minor + 1 WHERE source = 'refund';

-- fault: repayment_lines
DELETE FROM repayment_line WHERE source = 'card';

-- fault: repayment_entries
UPDATE repayment_line SET source = 'external' WHERE source = 'cash';

-- fault: repayment_entries
UPDATE ledger_transfer SET cause = 'close:2026-09' WHERE debit = 'card';

-- fault: bill_fees
UPDATE fee SET amount = amount + 0.0000000001 WHERE currency = 'KWD';

-- fault: bill_fees
DELETE FROM fee WHERE product = 'OSS';

-- fault: bill_fees
UPDATE fee SET cycle = 202609 WHERE product = 'OSS';

-- fault: bill_lines
UPDATE bill_line SET accrued = accrued + 0.0000000001 WHERE product = 'OSS';

-- fault: bill_lines
DELETE FROM bill_line WHERE product = 'discount';

-- fault: bill_card_lines
UPDATE bill_line SET card_paid_minor = card_paid_minor - 1 WHERE card_paid_minor > 0;

-- fault: bill_line_cards
UPDATE bill_line SET card_paid_minor = ceil(accrued * 100) + 1 WHERE card_paid_minor > 0;

-- fault: bill_line_cards
UPDATE bill_line SET single_month = false WHERE card_paid_minor > 0;

-- fault: bill_figures
UPDATE bill SET dropped = dropped + 0.0000000001 WHERE currency = 'KWD' AND state = 'settled';

-- fault: bill_figures
UPDATE bill SET carried_out = 0 WHERE account_id = pg_temp.of('credited') AND state = 'settled';

-- fault: bill_figures
UPDATE bill SET payable_minor = payable_minor - 1, dropped = dropped + 0.01 WHERE account_id = pg_temp.of('away');

-- fault: credit_carried
UPDATE bill SET carried_in = 0 WHERE account_id = pg_temp.of('credited') AND state = 'accruing';

-- fault: credit_carried
UPDATE bill SET carried_in = carried_in * 2 WHERE account_id = pg_temp.of('credited') AND state = 'accruing';

-- fault: credit_carried
SELECT pg_temp.drop_constraints('bill_line');
UPDATE bill SET cycle = 202609 WHERE account_id = pg_temp.of('credited') AND state = 'accruing';

-- fault: bill_state
SELECT pg_temp.drop_constraints('bill');
UPDATE bill SET state = 'settled' WHERE account_id = pg_temp.of('away');

-- fault: bill_state
SELECT pg_temp.drop_constraints('bill');
UPDATE bill SET settled_at = NULL WHERE state = 'settled';

-- fault: bills_issued
UPDATE bill
SET state = 'accruing', payable_minor = NULL, issued_at = NULL, dropped = NULL, carried_out = NULL, settled_at = NULL,
    paid_minor = 0
WHERE account_id = pg_temp.of('rich') AND cycle = 202610;

-- fault: missed_work
UPDATE account SET auto_write_off_enabled = true WHERE id = pg_temp.of('away');

-- fault: missed_work
INSERT INTO stored_value_card (id, account_id, external_id, balance_minor, valid_from, valid_until, granted_at)
SELECT 999999, id, 'found', 500, '2026-10-01', '2027-10-01', '2026-11-01'
FROM account WHERE external_id = 'poor';
UPDATE account SET credit_limit_minor = 100000;

-- fault: overdue_marked
INSERT INTO schedule_slot (job, logical_at, state, finished_at) VALUES ('daily_check', '2027-01-01', 'done', now());
UPDATE bill SET due_on = '2026-11-05', due_rule = 'monthly' WHERE state = 'unsettled';

-- lie: bill_state (a bill issued before its month was over)
UPDATE bill SET issued_at = '2026-10-20' WHERE account_id = pg_temp.of('rich') AND cycle = 202610;

-- lie: bill_entries (a bill issued on another day than was entered)
UPDATE bill SET issued_at = '2026-11-05' WHERE account_id = pg_temp.of('rich') AND cycle = 202610;

-- lie: bill_fees (a line is of another product, which another card pays)
UPDATE bill_line SET product = 'ECS2' WHERE product = 'OSS' AND account_id = pg_temp.of('carded');

-- lie: bill_fees (a line is of an order)
UPDATE bill_line SET order_id = 'o-1' WHERE product = 'OSS' AND account_id = pg_temp.of('carded');

-- lie: bill_fees (what accrued moves from one line of a bill to another)
UPDATE bill_line SET accrued = accrued + CASE product WHEN 'ECS' THEN -1 ELSE 1 END
WHERE account_id = pg_temp.of('carded') AND product IN ('ECS', 'OSS');

-- lie: bill_fees (cards do not pay what lies in that one month)
UPDATE bill_line SET single_month = false WHERE account_id = pg_temp.of('away') AND product = 'ECS';

-- lie: bill_fees (cards pay a fee that came late)
UPDATE bill_line SET single_month = true WHERE account_id = pg_temp.of('rich') AND NOT single_month;

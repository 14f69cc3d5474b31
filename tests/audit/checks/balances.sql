-- What settlement/audit/checks/balances.py must find, planted in the full month: faults by the owner of the tables, and lies
-- that the worker's role can write. Each has the name of the check that must find it; others may notice it too.

-- fault: cash_balance
UPDATE account SET cash_minor = cash_minor + 1 WHERE id = pg_temp.of('rich');

-- fault: cash_balance
UPDATE ledger_transfer SET amount_minor = amount_minor + 1 WHERE debit = 'cash' AND credit = 'receivable';

-- fault: cash_balance
DELETE FROM ledger_transfer WHERE debit = 'opening' AND currency = 'JPY';

-- fault: card_balance
UPDATE stored_value_card SET balance_minor = balance_minor + 1;

-- fault: card_balance
UPDATE ledger_transfer SET debit_ref = debit_ref + 1 WHERE debit = 'card';

-- fault: refund_balance
UPDATE credit_refund SET remaining_minor = remaining_minor + 7;

-- fault: refund_balance
DELETE FROM credit_refund;

-- fault: nothing_negative
SELECT pg_temp.drop_constraints('account');
UPDATE account SET cash_minor = -1 WHERE id = pg_temp.of('poor');

-- fault: nothing_negative
SELECT pg_temp.drop_constraints('bill');
UPDATE bill SET paid_minor = payable_minor + 1 WHERE state = 'settled';

-- fault: currency_nets_to_zero
DELETE FROM ledger_transfer WHERE credit = 'revenue' AND currency = 'KWD';

-- fault: currency_nets_to_zero
UPDATE account SET cash_minor = cash_minor - 1 WHERE id = pg_temp.of('away');

-- fault: transfers_clear
DELETE FROM ledger_transfer WHERE debit = 'transfer_clearing';

-- fault: transfers_clear
UPDATE ledger_transfer SET amount_minor = 1 WHERE credit = 'transfer_clearing';

-- fault: one_currency
UPDATE bill SET currency = 'EUR' WHERE currency = 'JPY';

-- fault: one_currency
UPDATE fee SET currency = 'EUR' WHERE currency = 'KWD';

-- fault: one_currency
UPDATE repayment SET currency = 'EUR' WHERE currency = 'KWD';

-- fault: one_currency
UPDATE ledger_transfer SET currency = 'EUR' WHERE currency = 'JPY';

-- fault: entry_shape
INSERT INTO ledger_transfer
    (account_id, debit, debit_ref, credit, credit_ref, amount_minor, currency, cause, posted_at)
VALUES (pg_temp.of('rich'), 'cash', 5, 'receivable', 202610, 1, 'USD', 'x', '2026-11-03');

-- fault: entry_shape
INSERT INTO ledger_transfer
    (account_id, debit, debit_ref, credit, credit_ref, amount_minor, currency, cause, posted_at)
VALUES (999, 'opening', 0, 'cash', 0, 1, 'USD', 'x', '2026-11-03');

-- fault: one_currency
UPDATE gateway_refund SET currency = 'EUR' WHERE state = 'waiting';

-- fault: coupon_balance
INSERT INTO coupon (id, account_id, external_id, kind, balance_minor, valid_from, valid_until, granted_at)
VALUES (99001, pg_temp.of('rich'), 'c', 'amount_off', 500, '2026-01-01', '2027-01-01', '2026-01-01');

-- fault: balance_below_zero
INSERT INTO ledger_transfer
    (account_id, debit, debit_ref, credit, credit_ref, amount_minor, currency, cause, posted_at)
VALUES (pg_temp.of('rich'), 'cash', 0, 'opening', 0, 1, 'USD', 'x', '2026-01-01'),
       (pg_temp.of('rich'), 'opening', 0, 'cash', 0, 1, 'USD', 'x', '2026-12-01');

-- What settlement/audit/checks/refunds.py must find, planted in the full month: faults by the owner of the tables, and lies
-- that the worker's role can write. Each has the name of the check that must find it; others may notice it too.

-- fault: refunding_balance
UPDATE gateway_refund SET amount_minor = amount_minor + 1 WHERE state = 'waiting';

-- fault: refunding_balance
UPDATE gateway_refund SET state = 'failed', finished_at = now() WHERE state = 'waiting';

-- fault: refunding_balance
DELETE FROM gateway_refund WHERE state = 'waiting';

-- fault: refunding_balance
INSERT INTO ledger_transfer
    (account_id, debit, debit_ref, credit, credit_ref, amount_minor, currency, cause, posted_at)
VALUES (pg_temp.of('charged'), 'refund_grant', 0, 'refunding', 9, 500, 'USD', 'x', '2026-11-03');

-- fault: refunds_booked
UPDATE gateway_refund SET amount_minor = amount_minor + 1 WHERE state = 'succeeded';

-- fault: refunds_booked
UPDATE gateway_refund SET state = 'failed' WHERE state = 'succeeded';

-- fault: refunds_booked
UPDATE gateway_refund SET state = 'succeeded', sent_at = now(), gateway_ref = 'r' WHERE refund_no = 2;

-- fault: refunds_booked
UPDATE gateway_refund SET inbox_id = 1 WHERE state = 'succeeded';

-- fault: refunds_booked
DELETE FROM ledger_transfer WHERE debit = 'gateway_clearing' AND credit = 'cash';

-- fault: refunds_booked
UPDATE ledger_transfer SET cause = 'refund:1:failed' WHERE debit = 'gateway_clearing' AND credit = 'cash';

-- fault: refunds_booked
UPDATE ledger_transfer SET credit = 'revenue' WHERE debit = 'refunding' AND credit = 'gateway_clearing';

-- fault: refunds_booked
INSERT INTO ledger_transfer
    (account_id, debit, debit_ref, credit, credit_ref, amount_minor, currency, cause, posted_at)
SELECT account_id, debit, debit_ref, credit, credit_ref, amount_minor, currency, cause, posted_at
FROM ledger_transfer WHERE debit = 'refunding' AND credit = 'gateway_clearing';

-- fault: refunds_booked
INSERT INTO ledger_transfer
    (account_id, debit, debit_ref, credit, credit_ref, amount_minor, currency, cause, posted_at)
VALUES (pg_temp.of('rich'), 'cash', 0, 'gateway_clearing', 0, 500, 'USD', 'x', '2026-11-03');

-- fault: refunds_booked
INSERT INTO ledger_transfer
    (account_id, debit, debit_ref, credit, credit_ref, amount_minor, currency, cause, posted_at)
VALUES (pg_temp.of('rich'), 'gateway_clearing', 0, 'cash', 0, 500, 'USD', 'x', '2026-11-03');

-- fault: charges_refunded
UPDATE charge_attempt SET refunded_minor = refunded_minor + 1 WHERE account_id = pg_temp.of('charged');

-- fault: charges_refunded
SELECT pg_temp.drop_constraints('charge_attempt');
UPDATE charge_attempt SET charged_minor = 3000 WHERE account_id = pg_temp.of('charged');

-- lie: charges_refunded (money goes back to another charge)
UPDATE gateway_refund SET charge_ref = 'g-2' WHERE state = 'waiting';

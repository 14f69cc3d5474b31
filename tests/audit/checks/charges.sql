-- What settlement/audit/checks/charges.py must find, planted in the full month: faults by the owner of the tables, and lies
-- that the worker's role can write. Each has the name of the check that must find it; others may notice it too.

-- fault: collected_balance
INSERT INTO payment_method (id, account_id, external_id, kind, gateway, method_token, is_default, state, added_at)
VALUES (999999, pg_temp.of('rich'), 'visa', 'bank_card', 'sandbox', 'ok', true, 'verified', '2026-10-05');
INSERT INTO charge_attempt (account_id, attempt_no, reason, cycle, method_id, gateway, customer_token, method_token,
    amount_minor, currency, state, created_at, sent_at, finished_at, charged_minor)
VALUES (pg_temp.of('rich'), 1, 'threshold', 202610, 999999, 'sandbox', '', 'ok', 500, 'USD', 'declined', '2026-10-05',
        '2026-10-05', '2026-10-05', NULL);
INSERT INTO charge_line VALUES (pg_temp.of('rich'), 1, 202610, 500, 500);

-- fault: charges_booked
INSERT INTO payment_method (id, account_id, external_id, kind, gateway, method_token, is_default, state, added_at)
VALUES (999999, pg_temp.of('rich'), 'visa', 'bank_card', 'sandbox', 'ok', true, 'verified', '2026-10-05');
INSERT INTO charge_attempt (account_id, attempt_no, reason, cycle, method_id, gateway, customer_token, method_token,
    amount_minor, currency, state, created_at, sent_at, finished_at, charged_minor)
VALUES (pg_temp.of('rich'), 1, 'threshold', 202610, 999999, 'sandbox', '', 'ok', 500, 'USD', 'succeeded', '2026-10-05',
        '2026-10-05', '2026-10-05', 500);
INSERT INTO charge_line VALUES (pg_temp.of('rich'), 1, 202610, 500, 0);

-- fault: charges_booked
INSERT INTO ledger_transfer
    (account_id, debit, debit_ref, credit, credit_ref, amount_minor, currency, cause, posted_at)
VALUES (pg_temp.of('rich'), 'gateway_clearing', 0, 'collected', 1, 500, 'USD', 'x', '2026-10-05');

-- fault: charge_lines
INSERT INTO payment_method (id, account_id, external_id, kind, gateway, method_token, is_default, state, added_at)
VALUES (999999, pg_temp.of('rich'), 'visa', 'bank_card', 'sandbox', 'ok', true, 'verified', '2026-10-05');
INSERT INTO charge_attempt (account_id, attempt_no, reason, cycle, method_id, gateway, customer_token, method_token,
    amount_minor, currency, state, created_at, sent_at, finished_at, charged_minor)
VALUES (pg_temp.of('rich'), 1, 'threshold', 202610, 999999, 'sandbox', '', 'ok', 500, 'USD', 'declined', '2026-10-05',
        '2026-10-05', '2026-10-05', NULL);
INSERT INTO charge_line VALUES (pg_temp.of('rich'), 1, 202610, 499, 0);

-- fault: charges_booked
UPDATE charge_attempt SET charged_minor = charged_minor + 1 WHERE account_id = pg_temp.of('charged');

-- fault: one_charge_in_flight
DROP INDEX charge_in_flight;
INSERT INTO payment_method (id, account_id, external_id, kind, gateway, method_token, is_default, state, added_at)
VALUES (999999, pg_temp.of('rich'), 'visa', 'bank_card', 'sandbox', 'ok', true, 'verified', '2026-10-05');
INSERT INTO charge_attempt (account_id, attempt_no, reason, cycle, method_id, gateway, customer_token, method_token,
    amount_minor, currency, state, created_at, sent_at, finished_at, charged_minor)
VALUES (pg_temp.of('rich'), 1, 'threshold', 202610, 999999, 'sandbox', '', 'ok', 500, 'USD', 'sent', '2026-10-05',
        '2026-10-05', NULL, NULL);
INSERT INTO charge_attempt (account_id, attempt_no, reason, cycle, method_id, gateway, customer_token, method_token,
    amount_minor, currency, state, created_at, sent_at, finished_at, charged_minor)
VALUES (pg_temp.of('rich'), 2, 'threshold', 202610, 999999, 'sandbox', '', 'ok', 500, 'USD', 'unknown', '2026-10-05',
        '2026-10-05', NULL, NULL);

-- fault: gateways_agree
INSERT INTO reconciliation_difference (gateway, kind, reference, currency, theirs_minor, found_at)
VALUES ('stripe', 'missing_here', 'x', 'USD', 100, '2026-10-05');

-- lie: charge_reasons (a charge that a person is said to have asked for)
UPDATE charge_attempt SET reason = 'manual';

-- lie: charge_reasons (the sweep of a month that is not over)
UPDATE charge_attempt SET reason = 'sweep', cycle = 202612;

-- lie: charges_pay_their_bills (nobody knows what the gateway calls it)
UPDATE charge_attempt SET gateway_ref = NULL;

-- lie: charges_pay_their_bills (a charge was for another bill than it has paid)
INSERT INTO repayment (account_id, cycle, cause, initiator, amount_minor, currency, paid_at)
VALUES (pg_temp.of('away'), 202610, 'charge:1', 'threshold', 1, 'USD', '2026-11-03');

-- lie: calls_go_on (money on its way back that nobody asks about any more)
UPDATE gateway_refund SET next_at = NULL WHERE state = 'waiting';

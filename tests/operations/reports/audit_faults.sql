-- Faults to plant in the full month, each under the name of the check that must find it; others may notice it too.

-- check: cash_balance
UPDATE account SET cash_minor = cash_minor + 1 WHERE id = pg_temp.of('rich');

-- check: cash_balance
UPDATE ledger_transfer SET amount_minor = amount_minor + 1 WHERE debit = 'cash' AND credit = 'receivable';

-- check: cash_balance
DELETE FROM ledger_transfer WHERE debit = 'opening' AND currency = 'JPY';

-- check: card_balance
UPDATE stored_value_card SET balance_minor = balance_minor + 1;

-- check: card_balance
UPDATE ledger_transfer SET debit_ref = debit_ref + 1 WHERE debit = 'card';

-- check: refund_balance
UPDATE credit_refund SET remaining_minor = remaining_minor + 7;

-- check: refund_balance
DELETE FROM credit_refund;

-- check: nothing_negative
SELECT pg_temp.drop_constraints('account');
UPDATE account SET cash_minor = -1 WHERE id = pg_temp.of('poor');

-- check: nothing_negative
SELECT pg_temp.drop_constraints('bill');
UPDATE bill SET paid_minor = payable_minor + 1 WHERE state = 'settled';

-- check: currency_nets_to_zero
DELETE FROM ledger_transfer WHERE credit = 'revenue' AND currency = 'KWD';

-- check: currency_nets_to_zero
UPDATE account SET cash_minor = cash_minor - 1 WHERE id = pg_temp.of('away');

-- check: transfers_clear
DELETE FROM ledger_transfer WHERE debit = 'transfer_clearing';

-- check: transfers_clear
UPDATE ledger_transfer SET amount_minor = 1 WHERE credit = 'transfer_clearing';

-- check: one_currency
UPDATE bill SET currency = 'EUR' WHERE currency = 'JPY';

-- check: one_currency
UPDATE fee SET currency = 'EUR' WHERE currency = 'KWD';

-- check: one_currency
UPDATE repayment SET currency = 'EUR' WHERE currency = 'KWD';

-- check: one_currency
UPDATE ledger_transfer SET currency = 'EUR' WHERE currency = 'JPY';

-- check: entry_shape
INSERT INTO ledger_transfer
    (account_id, debit, debit_ref, credit, credit_ref, amount_minor, currency, cause, posted_at)
VALUES (pg_temp.of('rich'), 'cash', 5, 'receivable', 202610, 1, 'USD', 'x', '2026-11-03');

-- check: entry_shape
INSERT INTO ledger_transfer
    (account_id, debit, debit_ref, credit, credit_ref, amount_minor, currency, cause, posted_at)
VALUES (999, 'opening', 0, 'cash', 0, 1, 'USD', 'x', '2026-11-03');

-- check: bill_entries
INSERT INTO ledger_transfer
    (account_id, debit, debit_ref, credit, credit_ref, amount_minor, currency, cause, posted_at)
VALUES (pg_temp.of('poor'), 'receivable', 202609, 'revenue', 0, 1, 'USD', 'x', '2026-11-03');

-- check: bill_entries
DELETE FROM ledger_transfer WHERE account_id = pg_temp.of('away') AND debit = 'receivable';

-- check: bill_entries
INSERT INTO ledger_transfer
    (account_id, debit, debit_ref, credit, credit_ref, amount_minor, currency, cause, posted_at)
VALUES (pg_temp.of('away'), 'cash', 0, 'receivable', 202610, 1, 'USD', 'x', '2026-11-03');

-- check: bill_repayments
UPDATE bill SET paid_minor = paid_minor + 1 WHERE state = 'unsettled' AND account_id = pg_temp.of('away');

-- check: bill_repayments
DELETE FROM repayment WHERE account_id = pg_temp.of('rich');

-- check: repayment_lines
UPDATE repayment_line SET amount_minor = amount_minor + 1 WHERE source = 'refund';

-- check: repayment_lines
DELETE FROM repayment_line WHERE source = 'card';

-- check: repayment_entries
UPDATE repayment_line SET source = 'external' WHERE source = 'cash';

-- check: repayment_entries
UPDATE ledger_transfer SET cause = 'close:2026-09' WHERE debit = 'card';

-- check: bill_fees
UPDATE fee SET amount = amount + 0.0000000001 WHERE currency = 'KWD';

-- check: bill_fees
DELETE FROM fee WHERE product = 'OSS';

-- check: bill_fees
UPDATE fee SET cycle = 202609 WHERE product = 'OSS';

-- check: bill_lines
UPDATE bill_line SET accrued = accrued + 0.0000000001 WHERE product = 'OSS';

-- check: bill_lines
DELETE FROM bill_line WHERE product = 'discount';

-- check: bill_card_lines
UPDATE bill_line SET card_paid_minor = card_paid_minor - 1 WHERE card_paid_minor > 0;

-- check: bill_line_cards
UPDATE bill_line SET card_paid_minor = ceil(accrued * 100) + 1 WHERE card_paid_minor > 0;

-- check: bill_line_cards
UPDATE bill_line SET single_month = false WHERE card_paid_minor > 0;

-- check: bill_figures
UPDATE bill SET dropped = dropped + 0.0000000001 WHERE currency = 'KWD' AND state = 'settled';

-- check: bill_figures
UPDATE bill SET carried_out = 0 WHERE account_id = pg_temp.of('credited') AND state = 'settled';

-- check: bill_figures
UPDATE bill SET payable_minor = payable_minor - 1, dropped = dropped + 0.01 WHERE account_id = pg_temp.of('away');

-- check: credit_carried
UPDATE bill SET carried_in = 0 WHERE account_id = pg_temp.of('credited') AND state = 'accruing';

-- check: credit_carried
UPDATE bill SET carried_in = carried_in * 2 WHERE account_id = pg_temp.of('credited') AND state = 'accruing';

-- check: credit_carried
SELECT pg_temp.drop_constraints('bill_line');
UPDATE bill SET cycle = 202609 WHERE account_id = pg_temp.of('credited') AND state = 'accruing';

-- check: bill_state
SELECT pg_temp.drop_constraints('bill');
UPDATE bill SET state = 'settled' WHERE account_id = pg_temp.of('away');

-- check: bill_state
SELECT pg_temp.drop_constraints('bill');
UPDATE bill SET settled_at = NULL WHERE state = 'settled';

-- check: bills_issued
UPDATE bill
SET state = 'accruing', payable_minor = NULL, issued_at = NULL, dropped = NULL, carried_out = NULL, settled_at = NULL,
    paid_minor = 0
WHERE account_id = pg_temp.of('rich') AND cycle = 202610;

-- check: event_bookings
UPDATE inbox SET state = 'waiting' WHERE type = 'top_up';

-- check: event_bookings
DELETE FROM inbox WHERE type = 'refund';

-- check: event_bookings
DELETE FROM ledger_transfer WHERE debit = 'card_grant';

-- check: event_bookings
UPDATE inbox SET data = jsonb_set(data, '{amount}', '"40.00"') WHERE type = 'top_up';

-- check: event_bookings
UPDATE inbox SET account = 'rich' WHERE type = 'top_up';

-- check: event_bookings
UPDATE inbox SET type = 'refund' WHERE type = 'top_up';

-- check: event_bookings
INSERT INTO inbox (source, event_id, type, account, data, state)
VALUES ('s', 'lost', 'top_up', 'rich', '{"amount": "1.00", "currency": "USD"}', 'done');

-- check: event_bookings
INSERT INTO ledger_transfer
    (account_id, debit, debit_ref, credit, credit_ref, amount_minor, currency, cause, posted_at)
VALUES (pg_temp.of('rich'), 'bank_clearing', 0, 'cash', 0, 1, 'USD', 'by hand', '2026-11-03');

-- check: event_bookings
INSERT INTO ledger_transfer (account_id, debit, credit, amount_minor, currency, cause, posted_at)
SELECT account_id, debit, credit, amount_minor, currency, cause, posted_at
FROM ledger_transfer WHERE debit = 'bank_clearing';

-- check: repayment_events
UPDATE repayment SET cause = 'event:999999' WHERE cause LIKE 'event:%';

-- check: repayment_events
UPDATE inbox SET state = 'refused', reason = 'no' WHERE type = 'top_up';

-- check: fee_origin
UPDATE fee SET inbox_id = 999999 WHERE product = 'OSS';

-- check: fee_origin
UPDATE fee SET inbox_id = NULL, import_id = 999999 WHERE product = 'OSS';

-- check: collected_balance
INSERT INTO payment_method (id, account_id, external_id, kind, gateway, method_token, is_default, state, added_at)
VALUES (999999, pg_temp.of('rich'), 'visa', 'bank_card', 'sandbox', 'ok', true, 'verified', '2026-10-05');
INSERT INTO charge_attempt (account_id, attempt_no, reason, cycle, method_id, gateway, customer_token, method_token,
    amount_minor, currency, state, created_at, sent_at, finished_at, charged_minor)
VALUES (pg_temp.of('rich'), 1, 'threshold', 202610, 999999, 'sandbox', '', 'ok', 500, 'USD', 'declined', '2026-10-05',
        '2026-10-05', '2026-10-05', NULL);
INSERT INTO charge_line VALUES (pg_temp.of('rich'), 1, 202610, 500, 500);

-- check: charges_booked
INSERT INTO payment_method (id, account_id, external_id, kind, gateway, method_token, is_default, state, added_at)
VALUES (999999, pg_temp.of('rich'), 'visa', 'bank_card', 'sandbox', 'ok', true, 'verified', '2026-10-05');
INSERT INTO charge_attempt (account_id, attempt_no, reason, cycle, method_id, gateway, customer_token, method_token,
    amount_minor, currency, state, created_at, sent_at, finished_at, charged_minor)
VALUES (pg_temp.of('rich'), 1, 'threshold', 202610, 999999, 'sandbox', '', 'ok', 500, 'USD', 'succeeded', '2026-10-05',
        '2026-10-05', '2026-10-05', 500);
INSERT INTO charge_line VALUES (pg_temp.of('rich'), 1, 202610, 500, 0);

-- check: charges_booked
INSERT INTO ledger_transfer
    (account_id, debit, debit_ref, credit, credit_ref, amount_minor, currency, cause, posted_at)
VALUES (pg_temp.of('rich'), 'gateway_clearing', 0, 'collected', 1, 500, 'USD', 'x', '2026-10-05');

-- check: charge_lines
INSERT INTO payment_method (id, account_id, external_id, kind, gateway, method_token, is_default, state, added_at)
VALUES (999999, pg_temp.of('rich'), 'visa', 'bank_card', 'sandbox', 'ok', true, 'verified', '2026-10-05');
INSERT INTO charge_attempt (account_id, attempt_no, reason, cycle, method_id, gateway, customer_token, method_token,
    amount_minor, currency, state, created_at, sent_at, finished_at, charged_minor)
VALUES (pg_temp.of('rich'), 1, 'threshold', 202610, 999999, 'sandbox', '', 'ok', 500, 'USD', 'declined', '2026-10-05',
        '2026-10-05', '2026-10-05', NULL);
INSERT INTO charge_line VALUES (pg_temp.of('rich'), 1, 202610, 499, 0);

-- check: charges_booked
UPDATE charge_attempt SET charged_minor = charged_minor + 1 WHERE account_id = pg_temp.of('charged');

-- check: refunding_balance
UPDATE gateway_refund SET amount_minor = amount_minor + 1 WHERE state = 'waiting';

-- check: refunding_balance
UPDATE gateway_refund SET state = 'failed', finished_at = now() WHERE state = 'waiting';

-- check: refunding_balance
DELETE FROM gateway_refund WHERE state = 'waiting';

-- check: refunding_balance
INSERT INTO ledger_transfer
    (account_id, debit, debit_ref, credit, credit_ref, amount_minor, currency, cause, posted_at)
VALUES (pg_temp.of('charged'), 'refund_grant', 0, 'refunding', 9, 500, 'USD', 'x', '2026-11-03');

-- check: refunds_booked
UPDATE gateway_refund SET amount_minor = amount_minor + 1 WHERE state = 'succeeded';

-- check: refunds_booked
UPDATE gateway_refund SET state = 'failed' WHERE state = 'succeeded';

-- check: refunds_booked
UPDATE gateway_refund SET state = 'succeeded', sent_at = now(), gateway_ref = 'r' WHERE refund_no = 2;

-- check: refunds_booked
UPDATE gateway_refund SET inbox_id = 1 WHERE state = 'succeeded';

-- check: refunds_booked
DELETE FROM ledger_transfer WHERE debit = 'gateway_clearing' AND credit = 'cash';

-- check: refunds_booked
UPDATE ledger_transfer SET cause = 'refund:1:failed' WHERE debit = 'gateway_clearing' AND credit = 'cash';

-- check: refunds_booked
UPDATE ledger_transfer SET credit = 'revenue' WHERE debit = 'refunding' AND credit = 'gateway_clearing';

-- check: refunds_booked
INSERT INTO ledger_transfer
    (account_id, debit, debit_ref, credit, credit_ref, amount_minor, currency, cause, posted_at)
SELECT account_id, debit, debit_ref, credit, credit_ref, amount_minor, currency, cause, posted_at
FROM ledger_transfer WHERE debit = 'refunding' AND credit = 'gateway_clearing';

-- check: refunds_booked
INSERT INTO ledger_transfer
    (account_id, debit, debit_ref, credit, credit_ref, amount_minor, currency, cause, posted_at)
VALUES (pg_temp.of('rich'), 'cash', 0, 'gateway_clearing', 0, 500, 'USD', 'x', '2026-11-03');

-- check: refunds_booked
INSERT INTO ledger_transfer
    (account_id, debit, debit_ref, credit, credit_ref, amount_minor, currency, cause, posted_at)
VALUES (pg_temp.of('rich'), 'gateway_clearing', 0, 'cash', 0, 500, 'USD', 'x', '2026-11-03');

-- check: charges_refunded
UPDATE charge_attempt SET refunded_minor = refunded_minor + 1 WHERE account_id = pg_temp.of('charged');

-- check: charges_refunded
SELECT pg_temp.drop_constraints('charge_attempt');
UPDATE charge_attempt SET charged_minor = 3000 WHERE account_id = pg_temp.of('charged');

-- check: reversals_booked
INSERT INTO gateway_reversal (account_id, reversal_no, gateway, gateway_ref, kind, attempt_no, amount_minor, currency,
    state, funds, reason, opened_at, found_at, read_at, closed_at, taken_minor, owed_minor, steps)
VALUES (pg_temp.of('charged'), 1, 'sandbox', 're-9', 'refund', 1, 500, 'USD', 'succeeded', 'withdrawn', '', '2026-11-03',
        '2026-11-03', '2026-11-03', '2026-11-03', 500, 0, 1);

-- check: reversals_booked
INSERT INTO ledger_transfer
    (account_id, debit, debit_ref, credit, credit_ref, amount_minor, currency, cause, posted_at)
VALUES (pg_temp.of('charged'), 'gateway_clearing', 0, 'reversal', 1, 500, 'USD', 'reversal:1:1', '2026-11-03');

-- check: entry_causes
INSERT INTO ledger_transfer
    (account_id, debit, debit_ref, credit, credit_ref, amount_minor, currency, cause, posted_at)
VALUES (pg_temp.of('rich'), 'receivable', 202610, 'collected', 1, 500, 'USD', 'event:1', '2026-11-03');

-- check: charges_reversed
INSERT INTO gateway_reversal (account_id, reversal_no, gateway, gateway_ref, kind, attempt_no, amount_minor, currency,
    state, funds, reason, opened_at, found_at, read_at, closed_at, taken_minor, owed_minor, steps)
VALUES (pg_temp.of('charged'), 1, 'sandbox', 're-9', 'refund', 1, 500, 'USD', 'succeeded', 'withdrawn', '', '2026-11-03',
        '2026-11-03', '2026-11-03', '2026-11-03', 500, 0, 1);

-- check: charges_reversed
UPDATE charge_attempt SET reversed_minor = 1 WHERE account_id = pg_temp.of('charged');

-- check: owed_paid_first
INSERT INTO gateway_reversal (account_id, reversal_no, gateway, gateway_ref, kind, attempt_no, amount_minor, currency,
    state, funds, reason, opened_at, found_at, read_at, closed_at, taken_minor, owed_minor, steps)
VALUES (pg_temp.of('charged'), 1, 'sandbox', 're-9', 'refund', 1, 500, 'USD', 'succeeded', 'withdrawn', '', '2026-11-03',
        '2026-11-03', '2026-11-03', '2026-11-03', 500, 500, 1);

-- check: one_currency
UPDATE gateway_refund SET currency = 'EUR' WHERE state = 'waiting';

-- check: event_bookings
UPDATE inbox SET data = jsonb_set(data, '{amount}', '"31.00"') WHERE data->>'amount' = '30.00';

-- check: event_bookings
UPDATE inbox SET data = data - 'to' WHERE data->>'to' = 'original_method';

-- check: event_bookings
UPDATE ledger_transfer SET credit = 'refunding', credit_ref = 7 WHERE debit = 'refund_grant' AND credit = 'refund';

-- check: one_charge_in_flight
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

-- check: gateways_agree
INSERT INTO reconciliation_difference (gateway, kind, reference, currency, theirs_minor, found_at)
VALUES ('stripe', 'missing_here', 'x', 'USD', 100, '2026-10-05');

-- check: slots_have_outcomes
INSERT INTO schedule_slot (job, logical_at, noticed_at)
VALUES ('month_close', '2026-10-02T04:00Z', clock_timestamp() - interval '2 hours');

-- check: slots_have_outcomes
UPDATE schedule_slot SET state = 'done', run_id = NULL WHERE job = 'month_close';

-- check: slots_complete
INSERT INTO schedule_slot (job, logical_at, state, run_id)
SELECT 'month_close', '2026-08-02T04:00Z', 'done', id FROM run;

-- check: ledger_partitions
INSERT INTO ledger_transfer
    (account_id, debit, debit_ref, credit, credit_ref, amount_minor, currency, cause, posted_at)
VALUES (pg_temp.of('rich'), 'cash', 0, 'opening', 0, 1, 'USD', 'x', '1999-01-01');

-- check: append_only
DROP TRIGGER append_only ON fee;

-- check: missed_work
UPDATE account SET auto_write_off_enabled = true WHERE id = pg_temp.of('away');

-- check: missed_work
INSERT INTO stored_value_card (id, account_id, external_id, balance_minor, valid_from, valid_until, granted_at)
SELECT 999999, id, 'found', 500, '2026-10-01', '2027-10-01', '2026-11-01'
FROM account WHERE external_id = 'poor';
UPDATE account SET credit_limit_minor = 100000;

-- check: coupon_balance
INSERT INTO coupon (id, account_id, external_id, kind, balance_minor, valid_from, valid_until, granted_at)
VALUES (99001, pg_temp.of('rich'), 'c', 'amount_off', 500, '2026-01-01', '2027-01-01', '2026-01-01');

-- check: overdue_marked
INSERT INTO schedule_slot (job, logical_at, state, finished_at) VALUES ('daily_check', '2027-01-01', 'done', now());
UPDATE bill SET due_on = '2026-11-05', due_rule = 'monthly' WHERE state = 'unsettled';

-- check: payments_hold_back
UPDATE account SET held_minor = 1 WHERE external_id = 'rich';

-- check: payments_hold_back
INSERT INTO write_off_hold (account_id, reason, ref, held_at) VALUES (pg_temp.of('rich'), 'manual_payment', '5', now());

-- check: unified_payments
INSERT INTO unified_settlement (id, main_id, external_id, currency, state, created_at, finished_at)
VALUES (99002, pg_temp.of('rich'), 'u', 'USD', 'closed', '2026-11-03', '2026-11-03');
INSERT INTO unified_line (settlement_id, account_id, cycle, line_no, listed_minor, paid_minor, state)
VALUES (99002, pg_temp.of('carded'), 202610, 1, 500, 100, 'dropped');

-- check: unified_holds
INSERT INTO unified_settlement (id, main_id, external_id, currency, created_at)
VALUES (99002, pg_temp.of('rich'), 'u', 'USD', '2026-11-03');
INSERT INTO unified_line (settlement_id, account_id, cycle, line_no, listed_minor)
VALUES (99002, pg_temp.of('poor'), 202610, 1, 500);

-- check: unified_holds
INSERT INTO write_off_hold (account_id, reason, ref, held_at)
VALUES (pg_temp.of('rich'), 'unified_settlement', '5', now());

-- check: unified_over
INSERT INTO unified_settlement (id, main_id, external_id, currency, state, created_at, finished_at)
VALUES (99002, pg_temp.of('rich'), 'u', 'USD', 'completed', '2026-11-03', '2026-11-03');
INSERT INTO unified_line (settlement_id, account_id, cycle, line_no, listed_minor, state)
VALUES (99002, pg_temp.of('poor'), 202610, 1, 500, 'open');

-- check: relationships_of_one_level
INSERT INTO billing_relationship (id, main_id, member_id, state, requested_at)
VALUES (99003, pg_temp.of('poor'), pg_temp.of('rich'), 'pending', '2026-11-03');

-- check: balance_below_zero
INSERT INTO ledger_transfer
    (account_id, debit, debit_ref, credit, credit_ref, amount_minor, currency, cause, posted_at)
VALUES (pg_temp.of('rich'), 'cash', 0, 'opening', 0, 1, 'USD', 'x', '2026-01-01'),
       (pg_temp.of('rich'), 'opening', 0, 'cash', 0, 1, 'USD', 'x', '2026-12-01');

-- check: entry_causes
INSERT INTO ledger_transfer
    (account_id, debit, debit_ref, credit, credit_ref, amount_minor, currency, cause, posted_at)
SELECT id, 'revenue', 0, 'cash', 0, 900, 'USD', 'close:2026-10', '2026-11-03' FROM account WHERE external_id = 'rich';
UPDATE account SET cash_minor = cash_minor + 900 WHERE id = pg_temp.of('rich');

-- check: entry_causes
INSERT INTO ledger_transfer
    (account_id, debit, debit_ref, credit, credit_ref, amount_minor, currency, cause, posted_at)
VALUES (pg_temp.of('rich'), 'cash', 0, 'expired', 0, 100, 'USD', 'card:5:expired', '2026-11-03');
UPDATE account SET cash_minor = cash_minor - 100 WHERE id = pg_temp.of('rich');

-- check: entry_causes
INSERT INTO unified_settlement (id, main_id, external_id, currency, state, rounds, created_at, run_at, finished_at)
VALUES (99002, pg_temp.of('rich'), 'u', 'USD', 'closed', 1, '2026-11-03', '2026-11-03', '2026-11-03');
INSERT INTO ledger_transfer
    (account_id, debit, debit_ref, credit, credit_ref, amount_minor, currency, cause, posted_at)
VALUES (pg_temp.of('rich'), 'cash', 0, 'transfer_clearing', pg_temp.of('rich'), 100, 'USD', 'unified:99002:1', '2026-11-03'),
    (pg_temp.of('poor'), 'transfer_clearing', pg_temp.of('rich'), 'cash', 0, 100, 'USD', 'unified:99002:1', '2026-11-03');
UPDATE account SET cash_minor = cash_minor - 100 WHERE id = pg_temp.of('rich');
UPDATE account SET cash_minor = cash_minor + 100 WHERE id = pg_temp.of('poor');

-- check: entry_causes
UPDATE ledger_transfer SET cause = 'close:2026-09' WHERE debit = 'receivable' AND account_id = pg_temp.of('rich');

-- check: entry_causes
UPDATE ledger_transfer SET cause = 'by hand' WHERE debit = 'refunding' AND credit = 'cash';

-- check: unified_entries
INSERT INTO unified_settlement (id, main_id, external_id, currency, state, rounds, created_at, run_at, finished_at)
VALUES (99002, pg_temp.of('rich'), 'u', 'USD', 'closed', 1, '2026-11-03', '2026-11-03', '2026-11-03');
INSERT INTO ledger_transfer
    (account_id, debit, debit_ref, credit, credit_ref, amount_minor, currency, cause, posted_at)
VALUES (pg_temp.of('away'), 'cash', 0, 'transfer_clearing', pg_temp.of('away'), 100, 'USD', 'unified:99002:1', '2026-11-03'),
    (pg_temp.of('poor'), 'transfer_clearing', pg_temp.of('away'), 'receivable', 202610, 100, 'USD', 'unified:99002:1',
     '2026-11-03');

-- check: expired_funds
INSERT INTO ledger_transfer
    (account_id, debit, debit_ref, credit, credit_ref, amount_minor, currency, cause, posted_at)
SELECT account_id, 'card', id, 'expired', 0, 100, 'USD', 'card:' || id || ':expired', '2026-11-03' FROM stored_value_card;
UPDATE stored_value_card SET products = NULL;

-- check: repayment_events
UPDATE repayment SET cause = 'event:' || (SELECT id FROM inbox WHERE type = 'account_opened' AND account = 'rich')
WHERE cause LIKE 'event:%' AND account_id = pg_temp.of('poor');

-- Lies that the worker's role can write into the full month, each under the name of the check that must find it: the
-- balances agree with the entries, and nothing is forbidden by the schema. Others may notice them too.

-- check: entry_causes (revenue becomes cash without an event)
INSERT INTO ledger_transfer (account_id, debit, credit, amount_minor, currency, cause, posted_at)
VALUES (pg_temp.of('rich'), 'revenue', 'cash', 900, 'USD', 'close:2026-10', '2026-11-03');
UPDATE account SET cash_minor = cash_minor + 900 WHERE id = pg_temp.of('rich');

-- check: unified_as_asked (cash goes to another account under the name of a settlement that nobody made)
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

-- check: entry_causes (cash is booked off as if it had expired)
INSERT INTO ledger_transfer (account_id, debit, credit, amount_minor, currency, cause, posted_at)
VALUES (pg_temp.of('rich'), 'cash', 'expired', 100, 'USD', 'card:5:expired', '2026-11-03');
UPDATE account SET cash_minor = cash_minor - 100 WHERE id = pg_temp.of('rich');

-- check: event_fees (an event is done, and none of its fees is booked)
INSERT INTO inbox (source, event_id, type, account, data, state, finished_at)
VALUES ('s', 'swallowed', 'fees', 'rich', '{"fees": [{"id": "f", "amount": "3.00", "currency": "USD", "product": "ECS",
    "incurred_at": "2026-11-03T00:00:00Z"}]}', 'done', now());

-- check: event_fees (a second fee under one event)
INSERT INTO fee (account_id, fee_key, cycle, amount, currency, product, incurred_at, late, inbox_id, booked_at)
SELECT account_id, gen_random_uuid(), cycle, 3, currency, product, incurred_at, late, inbox_id, booked_at
FROM fee WHERE account_id = pg_temp.of('said');
UPDATE bill SET accrued = accrued + 3 WHERE account_id = pg_temp.of('said');
UPDATE bill_line SET accrued = accrued + 3 WHERE account_id = pg_temp.of('said');

-- check: event_fees (an event swallowed, whose sender has reported other fees before)
INSERT INTO inbox (source, event_id, type, account, data, state, finished_at)
SELECT source, 'swallowed', type, account, jsonb_set(data, '{fees,0,id}', '"another"'), 'done', now()
FROM inbox WHERE type = 'fees' AND account = 'said';

-- check: uncollected_fees (nothing is left to be collected)
UPDATE collecting SET uncollected_minor = 0 WHERE account_id = pg_temp.of('charged');

-- check: collection_status (a threshold beside a decline that never was)
UPDATE collecting SET declining_since = now(), declined_cycle = 202611, noticed_until = now(), threshold_minor = NULL
WHERE account_id = pg_temp.of('charged');

-- check: collection_status (nothing of collection is known)
DELETE FROM collecting WHERE account_id = pg_temp.of('charged');

-- check: collection_status (a decline that nobody follows)
INSERT INTO charge_attempt (account_id, attempt_no, reason, cycle, method_id, gateway, customer_token, method_token,
    amount_minor, currency, state, created_at, sent_at, finished_at)
SELECT account_id, 99, 'retry', 202611, id, gateway, customer_token, method_token, 500, 'USD', 'declined', '2026-11-05',
    '2026-11-05', '2026-11-05'
FROM payment_method WHERE account_id = pg_temp.of('charged');
INSERT INTO charge_line VALUES (pg_temp.of('charged'), 99, 202611, 500, 0);
UPDATE collecting SET last_attempt_no = 99 WHERE account_id = pg_temp.of('charged');

-- check: account_holds (a hold that nobody set)
INSERT INTO write_off_hold (account_id, reason, ref, held_at) VALUES (pg_temp.of('poor'), 'dispute', 'case-1', now());

-- check: account_holds (a hold that nobody released)
DELETE FROM write_off_hold WHERE account_id = pg_temp.of('said');

-- check: account_values (a limit raised without an event)
UPDATE account SET credit_limit_minor = 500000 WHERE id = pg_temp.of('poor');

-- check: account_values (a limit as it was before the event that set it)
UPDATE account SET credit_limit_minor = 10000 WHERE id = pg_temp.of('said');

-- check: account_values (the switch turned off)
UPDATE account SET auto_write_off_enabled = false WHERE id = pg_temp.of('rich');

-- check: account_values (frozen money)
UPDATE account SET frozen_minor = 1 WHERE id = pg_temp.of('rich');

-- check: account_values (an account that nobody opened)
INSERT INTO account (id, external_id, currency, opened_at) VALUES (99001, 'nobody', 'USD', now());

-- check: credit_watched (a line moved)
UPDATE credit_watch SET line_minor = line_minor - 1;

-- check: credit_watched (watched by nobody)
INSERT INTO credit_watch (account_id, line_minor, said) VALUES (pg_temp.of('rich'), 100, 0);

-- check: transferred_cash (own cash passed off as transferred)
UPDATE account SET transferred_in_minor = 5000, returnable_minor = 5000 WHERE id = pg_temp.of('rich');

-- check: transferred_cash (transferred cash passed off as its own)
UPDATE account SET transferred_in_minor = 0, returnable_minor = 0 WHERE id = pg_temp.of('carded');

-- check: parked_accounts (parked in silence)
UPDATE account SET parked_at = now(), parked_reason = 'x' WHERE id = pg_temp.of('rich');

-- check: entry_dates (an entry posted into a past month)
INSERT INTO inbox (source, event_id, type, account, data, state, received_at, finished_at)
VALUES ('s', 'late', 'top_up', 'rich', '{"amount": "1.00", "currency": "USD"}', 'done', '2026-11-05', now());
INSERT INTO ledger_transfer (account_id, debit, credit, amount_minor, currency, cause, posted_at)
SELECT pg_temp.of('rich'), 'bank_clearing', 'cash', 100, 'USD', 'event:' || id, '2026-10-06'
FROM inbox WHERE event_id = 'late';
UPDATE account SET cash_minor = cash_minor + 100 WHERE id = pg_temp.of('rich');

-- check: entry_dates (an entry of a time to come)
INSERT INTO inbox (source, event_id, type, account, data, state, received_at, finished_at)
VALUES ('s', 'early', 'top_up', 'rich', '{"amount": "1.00", "currency": "USD"}', 'done', '2026-11-05', now());
INSERT INTO ledger_transfer (account_id, debit, credit, amount_minor, currency, cause, posted_at)
SELECT pg_temp.of('rich'), 'bank_clearing', 'cash', 100, 'USD', 'event:' || id, '2027-10-06'
FROM inbox WHERE event_id = 'early';
UPDATE account SET cash_minor = cash_minor + 100 WHERE id = pg_temp.of('rich');

-- check: repayment_dates (a payment dated otherwise than its entries)
INSERT INTO repayment (account_id, cycle, cause, initiator, amount_minor, currency, paid_at)
VALUES (pg_temp.of('away'), 202610, 'close:2026-10', 'auto_write_off', 100, 'USD', '2026-11-02T04:00Z');
INSERT INTO repayment_line (account_id, cycle, cause, line_no, source, source_id, amount_minor)
VALUES (pg_temp.of('away'), 202610, 'close:2026-10', 1, 'cash', 0, 100);
INSERT INTO ledger_transfer (account_id, debit, credit, credit_ref, amount_minor, currency, cause, posted_at)
VALUES (pg_temp.of('away'), 'cash', 'receivable', 202610, 100, 'USD', 'close:2026-10', '2026-11-09');
UPDATE bill SET paid_minor = paid_minor + 100 WHERE account_id = pg_temp.of('away') AND cycle = 202610;
UPDATE account SET cash_minor = cash_minor - 100 WHERE id = pg_temp.of('away');

-- check: funds_dated (money that came is dated back)
UPDATE account SET funds_since = '2026-10-01' WHERE id = pg_temp.of('poor');

-- check: bill_state (a bill issued before its month was over)
UPDATE bill SET issued_at = '2026-10-20' WHERE account_id = pg_temp.of('rich') AND cycle = 202610;

-- check: bill_entries (a bill issued on another day than was entered)
UPDATE bill SET issued_at = '2026-11-05' WHERE account_id = pg_temp.of('rich') AND cycle = 202610;

-- check: import_fees (a fee more than the report of its import says)
INSERT INTO fee_import (file_name, started_at, finished_at, report)
VALUES ('x.csv', '2026-11-03', '2026-11-03', '{"accepted": 0, "totals": {}}');
INSERT INTO fee (account_id, fee_key, cycle, amount, currency, product, incurred_at, late, import_id, booked_at)
SELECT account_id, gen_random_uuid(), cycle, 3, currency, product, incurred_at, late,
    (SELECT max(id) FROM fee_import), booked_at
FROM fee WHERE account_id = pg_temp.of('said');
UPDATE bill SET accrued = accrued + 3 WHERE account_id = pg_temp.of('said');
UPDATE bill_line SET accrued = accrued + 3 WHERE account_id = pg_temp.of('said');

-- check: fee_months (a fee of another month)
INSERT INTO fee (account_id, fee_key, cycle, amount, currency, product, incurred_at, late, inbox_id, booked_at)
SELECT account_id, gen_random_uuid(), cycle, 3, currency, product, '2026-08-03', late, inbox_id, booked_at
FROM fee WHERE account_id = pg_temp.of('said');

-- check: funds_as_granted (a card that pays for everything)
UPDATE stored_value_card SET products = NULL WHERE external_id = 'scoped';

-- check: funds_as_granted (a card that lasts)
UPDATE stored_value_card SET valid_until = '2029-01-01' WHERE external_id = 'scoped';

-- check: funds_as_granted (a coupon of another kind)
UPDATE coupon SET kind = 'amount_off';

-- check: funds_as_granted (a refund of another month)
UPDATE credit_refund SET cycle = 202611;

-- check: terms_as_agreed (more days to pay)
UPDATE payment_term SET period_days = 90;

-- check: terms_as_agreed (a contract gone)
DELETE FROM payment_term;

-- check: methods_as_added (somebody else's card)
UPDATE payment_method SET method_token = 'other' WHERE account_id = pg_temp.of('charged');

-- check: methods_as_added (a method that nobody removed)
UPDATE payment_method SET state = 'removed', is_default = false WHERE account_id = pg_temp.of('charged');

-- check: methods_as_added (no method is the default)
UPDATE payment_method SET is_default = false WHERE account_id = pg_temp.of('charged');

-- check: calls_by_method (a charge over another card)
UPDATE charge_attempt SET method_token = 'other' WHERE account_id = pg_temp.of('charged');

-- check: relationships_as_agreed (a member that never agreed)
INSERT INTO billing_relationship (id, main_id, member_id, state, requested_at, valid_at)
VALUES (99003, pg_temp.of('rich'), pg_temp.of('poor'), 'valid', '2026-11-03', '2026-11-03');

-- check: relationships_as_agreed (a relationship that nobody ended)
UPDATE billing_relationship SET state = 'ended', ended_at = '2026-11-04';

-- check: payments_as_requested (a payment that nobody made)
INSERT INTO bill_payment (id, account_id, external_id, cycle, total_minor, balance_minor, currency, channel, state,
    started_at, lease_until, finished_at)
VALUES (99004, pg_temp.of('away'), 'p', 202610, 100, 100, 'USD', 'balance', 'completed', '2026-11-03', '2026-11-03',
    '2026-11-03');

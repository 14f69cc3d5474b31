-- What settlement/audit/checks/terms.py must find, planted in the full month: faults by the owner of the tables, and lies
-- that the worker's role can write. Each has the name of the check that must find it; others may notice it too.

-- lie: terms_as_agreed (more days to pay)
UPDATE payment_term SET period_days = 90;

-- lie: terms_as_agreed (a contract gone)
DELETE FROM payment_term;

-- lie: bills_due (a bill without a due date)
INSERT INTO payment_term (id, account_id, from_cycle, settlement_cycle, period_days, day_kind, closing_days, agreed_at)
VALUES (99006, pg_temp.of('away'), 202610, 'monthly', 10, 'calendar', '{}', '2026-10-06');
UPDATE account SET credit_control = true WHERE id = pg_temp.of('away');

-- lie: due_dates (a bill is due by a contract that nobody made)
UPDATE bill SET due_on = '2026-11-12', due_rule = 'monthly, 10 calendar days; weekdays'
WHERE account_id = pg_temp.of('away') AND cycle = 202610;

-- lie: due_dates (the contract itself is no more to be read)
UPDATE bill SET due_on = '2026-11-12', due_rule = 'monthly, 10 calendar days; weekdays'
WHERE account_id = pg_temp.of('away') AND cycle = 202610;
UPDATE inbox SET type = 'payment_term_agreed', data = '{"from_cycle": 3}', account = 'away'
WHERE id = (SELECT min(id) FROM inbox WHERE type = 'top_up');

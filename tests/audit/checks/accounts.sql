-- What settlement/audit/checks/accounts.py must find, planted in the full month: faults by the owner of the tables, and lies
-- that the worker's role can write. Each has the name of the check that must find it; others may notice it too.

-- lie: account_holds (a hold that nobody set)
INSERT INTO write_off_hold (account_id, reason, ref, held_at) VALUES (pg_temp.of('poor'), 'dispute', 'case-1', now());

-- lie: account_holds (a hold that nobody released)
DELETE FROM write_off_hold WHERE account_id = pg_temp.of('said');

-- lie: account_values (a limit raised without an event)
UPDATE account SET credit_limit_minor = 500000 WHERE id = pg_temp.of('poor');

-- lie: account_values (a limit as it was before the event that set it)
UPDATE account SET credit_limit_minor = 10000 WHERE id = pg_temp.of('said');

-- lie: account_values (the switch turned off)
UPDATE account SET auto_write_off_enabled = false WHERE id = pg_temp.of('rich');

-- lie: account_values (frozen money)
UPDATE account SET frozen_minor = 1 WHERE id = pg_temp.of('rich');

-- lie: account_values (an account that nobody opened)
INSERT INTO account (id, external_id, currency, opened_at) VALUES (99001, 'nobody', 'USD', now());

-- lie: credit_watched (a line moved)
UPDATE credit_watch SET line_minor = line_minor - 1;

-- lie: credit_watched (watched by nobody)
INSERT INTO credit_watch (account_id, line_minor, said) VALUES (pg_temp.of('rich'), 100, 0);

-- lie: transferred_cash (own cash passed off as transferred)
UPDATE account SET transferred_in_minor = 5000, returnable_minor = 5000 WHERE id = pg_temp.of('rich');

-- lie: transferred_cash (transferred cash passed off as its own)
UPDATE account SET transferred_in_minor = 0, returnable_minor = 0 WHERE id = pg_temp.of('carded');

-- lie: parked_accounts (parked in silence)
UPDATE account SET parked_at = now(), parked_reason = 'x' WHERE id = pg_temp.of('rich');

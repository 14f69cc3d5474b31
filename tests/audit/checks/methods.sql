-- What settlement/audit/checks/methods.py must find, planted in the full month: faults by the owner of the tables, and lies
-- that the worker's role can write. Each has the name of the check that must find it; others may notice it too.

-- lie: methods_as_added (somebody else's card)
UPDATE payment_method SET method_token = 'other' WHERE account_id = pg_temp.of('charged');

-- lie: methods_as_added (a method that nobody removed)
UPDATE payment_method SET state = 'removed', is_default = false WHERE account_id = pg_temp.of('charged');

-- lie: methods_as_added (no method is the default)
UPDATE payment_method SET is_default = false WHERE account_id = pg_temp.of('charged');

-- lie: calls_by_method (a charge over another card)
UPDATE charge_attempt SET method_token = 'other' WHERE account_id = pg_temp.of('charged');

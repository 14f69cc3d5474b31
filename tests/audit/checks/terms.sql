-- What settlement/audit/checks/terms.py must find, planted in the full month: faults by the owner of the tables, and lies
-- that the worker's role can write. Each has the name of the check that must find it; others may notice it too.

-- lie: terms_as_agreed (more days to pay)
UPDATE payment_term SET period_days = 90;

-- lie: terms_as_agreed (a contract gone)
DELETE FROM payment_term;

-- Accounts in three currencies, each with a bill of six months: those of October are unsettled by one in five, older ones by
-- one in fifty, those of November collect fees. What was paid, was paid by two sources.
INSERT INTO account (id, external_id, currency, credit_control, opened_at)
SELECT n, 'acct-' || n, (ARRAY['USD', 'EUR', 'JPY'])[1 + n % 3], n % 4 = 0, '2026-05-01'
FROM generate_series(1, :accounts) AS n;
INSERT INTO bill (account_id, cycle, currency, state, accrued, payable_minor, dropped, carried_out, paid_minor, issued_at,
                  settled_at, due_on, due_rule)
SELECT a.id, 202600 + month, a.currency, state, cents / 100.0, payable, CASE WHEN state <> 'accruing' THEN 0 END,
       CASE WHEN state <> 'accruing' THEN 0 END, paid, CASE WHEN state <> 'accruing' THEN issued END,
       CASE WHEN state = 'settled' THEN issued END, CASE WHEN a.credit_control AND state <> 'accruing' THEN CAST(issued AS date) + 30 END,
       CASE WHEN a.credit_control AND state <> 'accruing' THEN 'monthly, 30 calendar days' END
FROM account a CROSS JOIN generate_series(6, 11) AS month
CROSS JOIN LATERAL (SELECT 100 + (a.id * 7919 + month * 104729) % 1000000 AS cents,
                           make_timestamptz(2026, month + 1, 2, 4, 0, 0, 'UTC') AS issued,
                           CAST(CASE WHEN month = 11 THEN 'accruing'
                                WHEN (a.id + month) % CASE month WHEN 10 THEN 5 ELSE 50 END = 0 THEN 'unsettled'
                                ELSE 'settled' END AS bill_state) AS state) AS s
CROSS JOIN LATERAL (SELECT CASE WHEN state <> 'accruing' THEN cents END AS payable,
                           CASE state WHEN 'settled' THEN cents WHEN 'unsettled' THEN cents / 3 ELSE 0 END AS paid) AS p;
INSERT INTO repayment (account_id, cycle, cause, initiator, amount_minor, currency, paid_at)
SELECT account_id, cycle, 'close:' || cycle, 'auto_write_off', paid_minor, currency, issued_at FROM bill WHERE paid_minor > 0;
INSERT INTO repayment_line (account_id, cycle, cause, line_no, source, source_id, amount_minor)
SELECT account_id, cycle, cause, line_no, CAST(source AS fund_source), 0, part
FROM repayment CROSS JOIN LATERAL (VALUES (1, 'card', amount_minor / 4), (2, 'cash', amount_minor - amount_minor / 4))
    AS l (line_no, source, part)
WHERE part > 0

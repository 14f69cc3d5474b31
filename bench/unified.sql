-- What the run of a unified settlement over members that owe one bill each writes, by hand, in one transaction.
-- :settlement, :at

CREATE TEMP TABLE paying ON COMMIT DROP AS
SELECT l.account_id, l.cycle, a.external_id, b.payable_minor - b.paid_minor AS owed, b.payable_minor, s.main_id,
       'unified:' || m.external_id || '/' || s.external_id AS correlation_id
FROM unified_line l JOIN unified_settlement s ON s.id = l.settlement_id JOIN account m ON m.id = s.main_id
JOIN account a ON a.id = l.account_id JOIN bill b ON b.account_id = l.account_id AND b.cycle = l.cycle
WHERE l.settlement_id = :settlement AND l.state = 'open';

UPDATE bill b SET paid_minor = b.payable_minor, state = 'settled', settled_at = :at
FROM paying p WHERE b.account_id = p.account_id AND b.cycle = p.cycle;

INSERT INTO repayment (account_id, cycle, cause, initiator, amount_minor, currency, paid_at)
SELECT account_id, cycle, 'unified:' || :settlement || ':1', 'unified_settlement', owed, 'USD', :at FROM paying;

INSERT INTO repayment_line (account_id, cycle, cause, line_no, source, source_id, amount_minor)
SELECT account_id, cycle, 'unified:' || :settlement || ':1', 1, 'main_account', main_id, owed FROM paying;

INSERT INTO ledger_transfer (account_id, debit, debit_ref, credit, credit_ref, amount_minor, currency, cause, posted_at)
SELECT account_id, 'transfer_clearing', main_id, 'receivable', cycle, owed, 'USD', 'unified:' || :settlement || ':1', :at
FROM paying;

INSERT INTO ledger_transfer (account_id, debit, debit_ref, credit, credit_ref, amount_minor, currency, cause, posted_at)
SELECT main_id, 'cash', 0, 'transfer_clearing', main_id, sum(owed), 'USD', 'unified:' || :settlement || ':1', :at
FROM paying GROUP BY main_id;

UPDATE account a SET cash_minor = cash_minor - p.owed
FROM (SELECT main_id, sum(owed) AS owed FROM paying GROUP BY main_id) AS p WHERE a.id = p.main_id;

INSERT INTO outbox (account_id, topic, payload, correlation_id, created_at)
SELECT account_id, 'bill.settled', jsonb_build_object(
           'account', external_id, 'cycle', left(CAST(cycle AS text), 4) || '-' || right(CAST(cycle AS text), 2),
           'currency', 'USD', 'state', 'settled', 'payable', to_char(payable_minor / 100.0, 'FM999999990.00'),
           'paid', to_char(payable_minor / 100.0, 'FM999999990.00'), 'outstanding', '0.00'),
       correlation_id, :at
FROM paying;

UPDATE unified_line l SET state = 'paid', paid_minor = p.owed
FROM paying p WHERE l.settlement_id = :settlement AND l.account_id = p.account_id AND l.cycle = p.cycle;

DELETE FROM write_off_hold h USING paying p
WHERE h.account_id = p.account_id AND h.reason = 'unified_settlement' AND h.ref = CAST(:settlement AS text);

UPDATE unified_settlement SET state = 'completed', rounds = 1, run_at = :at, finished_at = :at WHERE id = :settlement;

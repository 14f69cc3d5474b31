-- The month close as a database programmer writes it by hand: set-based, one pass per table, no row leaves the server.
-- A session prepares once (part 1), then runs part 2 for each range of accounts in a transaction of its own.
-- $… are filled in by handmade.py; statements end with a line that holds only a semicolon.

-- part 1: once per session
CREATE TEMP TABLE issued (
    account_id bigint, name text, currency char(3), exponent smallint, scale numeric, payable bigint, dropped numeric,
    carried_out numeric, cash bigint, past boolean, open boolean, special boolean
) ON COMMIT DELETE ROWS
;
CREATE TEMP TABLE due (
    account_id bigint, cycle integer, payable bigint, paid bigint, cash bigint, past boolean, special boolean
) ON COMMIT DELETE ROWS
;
-- What each fund pays of each bill, and for cards of each line of it.
CREATE TEMP TABLE spent (
    account_id bigint, cycle integer, step integer, source fund_source, source_id bigint,
    product text, order_id text, single_month boolean, amount bigint
) ON COMMIT DELETE ROWS
;
CREATE TEMP TABLE taken (
    account_id bigint, cycle integer, line_no smallint, source fund_source, source_id bigint, amount bigint
) ON COMMIT DELETE ROWS
;
CREATE TEMP TABLE paid (
    account_id bigint, cycle integer, amount bigint, paid bigint, settled boolean
) ON COMMIT DELETE ROWS
;
-- Cards and refunds are few and each takes what the one before it left, so they are walked through in order.
CREATE FUNCTION pg_temp.spend_special(first bigint, last bigint, at timestamptz, zone text) RETURNS SETOF spent LANGUAGE plpgsql AS $body$
DECLARE
    step record;
    account bigint := 0;
    bill integer := 0;
    owed bigint;
    funds bigint[];
    rooms bigint[];
    scope bigint;
    part bigint;
    number integer := 0;
    result spent;
BEGIN
    FOR step IN
        WITH d AS (
            SELECT account_id, cycle, payable - paid AS owed, cash, past,
                   make_timestamptz(cycle / 100, cycle % 100, 1, 0, 0, 0, zone) AS starts,
                   make_timestamptz(cycle / 100 + (cycle % 100) / 12, (cycle % 100) % 12 + 1, 1, 0, 0, 0, zone) AS ends
            FROM due WHERE special),
        fund AS (
            SELECT d.account_id, d.cycle, 1 AS kind, c.valid_until AS k1, c.granted_at AS k2, c.id,
                   c.balance_minor AS balance, l.product, l.order_id, l.single_month, whole.units,
                   greatest(0, CASE whole.units WHEN 1 THEN floor(l.accrued * i.scale) ELSE ceil(l.accrued * i.scale) END
                       ::bigint - l.card_paid_minor) AS room,
                   floor(sum(l.accrued * i.scale - l.card_paid_minor) OVER (PARTITION BY d.account_id, d.cycle, whole.units))
                       ::bigint AS scope
            FROM d JOIN issued i USING (account_id)
            JOIN stored_value_card c ON c.account_id = d.account_id AND c.account_id BETWEEN first AND last AND c.balance_minor > 0
                AND c.valid_from <= at AND c.valid_from < d.ends AND c.valid_until > d.starts
            JOIN bill_line l ON l.account_id = d.account_id AND l.account_id BETWEEN first AND last AND l.cycle = d.cycle AND l.single_month
                AND (c.products IS NULL OR l.product = ANY(c.products))
                AND (c.orders IS NULL OR l.order_id = ANY(c.orders))
            -- First the whole units of each line, then units that lines come to together only.
            CROSS JOIN (VALUES (1), (2)) AS whole (units)
            UNION ALL
            SELECT d.account_id, d.cycle, 2, r.granted_at, r.granted_at, r.id, r.remaining_minor, '', '', true, 1, NULL, NULL
            FROM d JOIN credit_refund r ON r.account_id = d.account_id AND r.account_id BETWEEN first AND last AND r.remaining_minor > 0
                AND (r.cycle <= d.cycle OR d.past)
            UNION ALL
            SELECT d.account_id, d.cycle, 3, NULL, NULL, 0, d.cash, '', '', true, 1, NULL, NULL FROM d)
        SELECT f.*, d.owed,
               dense_rank() OVER (PARTITION BY f.account_id ORDER BY f.kind, f.id) AS fund_no,
               dense_rank() OVER (PARTITION BY f.account_id, f.cycle ORDER BY f.product, f.order_id, f.single_month) AS line_no
        FROM fund f JOIN d USING (account_id, cycle)
        ORDER BY f.account_id, f.cycle, f.kind, f.k1, f.k2, f.id, f.units, f.product, f.order_id, f.single_month
    LOOP
        IF step.account_id <> account THEN
            account := step.account_id;
            bill := 0;
            funds := '{}';
        END IF;
        IF step.cycle <> bill THEN
            bill := step.cycle;
            owed := step.owed;
            rooms := '{}';
            scope := step.scope;
        END IF;
        funds[step.fund_no] := coalesce(funds[step.fund_no], step.balance);
        part := least(owed, funds[step.fund_no]);
        IF step.kind = 1 THEN
            -- What the first round took of the line.
            rooms[step.line_no] := coalesce(rooms[step.line_no], 0);
            part := greatest(0, least(part, step.room - rooms[step.line_no], scope));
            rooms[step.line_no] := rooms[step.line_no] + part;
            scope := scope - part;
        END IF;
        IF part > 0 THEN
            owed := owed - part;
            funds[step.fund_no] := funds[step.fund_no] - part;
            number := number + 1;
            result := (account, bill, number, (ARRAY['card', 'refund', 'cash'])[step.kind], step.id, step.product,
                       step.order_id, step.single_month, part);
            RETURN NEXT result;
        END IF;
    END LOOP;
END $body$
;
-- part 2: per range
-- Locked in a statement of its own: one that also reads would see the balances from before it waited.
SELECT count(*) FROM (
    SELECT FROM account WHERE id BETWEEN $first AND $last AND parked_at IS NULL ORDER BY id FOR NO KEY UPDATE) AS locked
;
INSERT INTO issued
WITH total AS (
    SELECT a.*, c.exponent, (ARRAY[1, 10, 100, 1000, 10000]::numeric[])[c.exponent + 1] AS scale,
           b.accrued + b.carried_in AS total
    FROM account a
    JOIN bill b ON b.account_id = a.id AND b.cycle = $cycle AND b.state = 'accruing'
    JOIN currency c ON c.code = a.currency
    WHERE a.id BETWEEN $first AND $last AND a.parked_at IS NULL AND b.account_id BETWEEN $first AND $last),
rounded AS (
    SELECT t.*, greatest(0, floor(t.total * t.scale)) AS payable, least(0, t.total) AS carried_out FROM total t),
open AS (
    SELECT o.account_id, sum(greatest(0, floor(
               (o.accrued + o.carried_in + CASE WHEN o.cycle = $next THEN r.carried_out ELSE 0 END) * r.scale))) AS frozen
    FROM bill o JOIN rounded r ON r.id = o.account_id
    WHERE o.account_id BETWEEN $first AND $last AND o.state = 'accruing' AND o.cycle <> $cycle
    GROUP BY o.account_id)
SELECT r.id, r.external_id, r.currency, r.exponent, r.scale, r.payable::bigint,
       CASE WHEN r.total < 0 THEN 0 ELSE r.total - r.payable / r.scale END, r.carried_out,
       greatest(0, r.cash_minor - r.frozen_minor), r.credit_control AND r.write_off_past_bills,
       r.auto_write_off_enabled AND h.account_id IS NULL
           AND r.cash_minor + r.credit_limit_minor - r.frozen_minor - coalesce(o.frozen, 0) > 0,
       s.account_id IS NOT NULL
FROM rounded r
LEFT JOIN open o ON o.account_id = r.id
LEFT JOIN (SELECT DISTINCT account_id FROM write_off_hold WHERE account_id BETWEEN $first AND $last) h ON h.account_id = r.id
LEFT JOIN (SELECT account_id FROM stored_value_card WHERE account_id BETWEEN $first AND $last AND balance_minor > 0
           UNION SELECT account_id FROM credit_refund WHERE account_id BETWEEN $first AND $last AND remaining_minor > 0) s
    ON s.account_id = r.id
;
INSERT INTO due
SELECT account_id, $cycle, payable, 0, cash, past, special FROM issued WHERE open AND payable > 0
UNION ALL
SELECT b.account_id, b.cycle, b.payable_minor, b.paid_minor, i.cash, i.past, i.special
FROM bill b JOIN issued i ON i.account_id = b.account_id AND i.open
WHERE b.account_id BETWEEN $first AND $last AND b.state = 'unsettled'
;
INSERT INTO spent SELECT * FROM pg_temp.spend_special($first, $last, $at, $zone)
;
INSERT INTO taken
SELECT account_id, cycle, row_number() OVER (PARTITION BY account_id, cycle ORDER BY min(step)), source, source_id, sum(amount)
FROM spent GROUP BY account_id, cycle, source, source_id
UNION ALL
SELECT account_id, cycle, 1, 'cash', 0, amount
FROM (SELECT account_id, cycle,
             least(payable - paid, cash - coalesce(sum(payable - paid) OVER (
                 PARTITION BY account_id ORDER BY cycle ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0)) AS amount
      FROM due WHERE NOT special) AS plain
WHERE amount > 0
;
INSERT INTO paid
SELECT d.account_id, d.cycle, t.amount, d.paid + t.amount, d.paid + t.amount = d.payable
FROM (SELECT account_id, cycle, sum(amount)::bigint AS amount FROM taken GROUP BY account_id, cycle) t
JOIN due d USING (account_id, cycle)
;
INSERT INTO ledger_transfer (account_id, debit, debit_ref, credit, credit_ref, amount_minor, currency, cause, posted_at)
SELECT account_id, 'receivable'::ledger_kind, $cycle::bigint, 'revenue'::ledger_kind, 0::bigint, payable, currency, $cause, $at FROM issued WHERE payable > 0
UNION ALL
SELECT t.account_id, t.source::text::ledger_kind, t.source_id, 'receivable'::ledger_kind, t.cycle, t.amount, i.currency, $cause, $at
FROM taken t JOIN issued i USING (account_id)
;
INSERT INTO repayment (account_id, cycle, cause, initiator, amount_minor, currency, paid_at)
SELECT p.account_id, p.cycle, $cause, 'auto_write_off', p.amount, i.currency, $at FROM paid p JOIN issued i USING (account_id)
;
INSERT INTO repayment_line (account_id, cycle, cause, line_no, source, source_id, amount_minor)
SELECT account_id, cycle, $cause, line_no, source, source_id, amount FROM taken
;
UPDATE bill b SET state = CASE WHEN i.payable = coalesce(p.paid, 0) THEN 'settled' ELSE 'unsettled' END::bill_state,
    payable_minor = i.payable, dropped = i.dropped, carried_out = i.carried_out, paid_minor = coalesce(p.paid, 0),
    issued_at = $at, settled_at = CASE WHEN i.payable = coalesce(p.paid, 0) THEN $at END
FROM issued i LEFT JOIN paid p ON p.account_id = i.account_id AND p.cycle = $cycle
WHERE b.account_id = i.account_id AND b.cycle = $cycle AND b.account_id BETWEEN $first AND $last AND b.state = 'accruing'
;
UPDATE bill b SET state = CASE WHEN p.settled THEN 'settled' ELSE 'unsettled' END::bill_state, paid_minor = p.paid,
    settled_at = CASE WHEN p.settled THEN $at END
FROM paid p
WHERE p.cycle <> $cycle AND b.account_id = p.account_id AND b.cycle = p.cycle AND b.account_id BETWEEN $first AND $last
  AND b.state = 'unsettled'
;
INSERT INTO bill (account_id, cycle, currency, carried_in)
SELECT account_id, $next, currency, carried_out FROM issued WHERE carried_out < 0
ON CONFLICT (account_id, cycle) DO UPDATE SET carried_in = bill.carried_in + excluded.carried_in
;
UPDATE account a SET cash_minor = a.cash_minor - t.amount
FROM (SELECT account_id, sum(amount)::bigint AS amount FROM taken WHERE source = 'cash' GROUP BY account_id) t
WHERE a.id = t.account_id AND a.id BETWEEN $first AND $last
;
UPDATE stored_value_card c SET balance_minor = c.balance_minor - t.amount
FROM (SELECT source_id, sum(amount)::bigint AS amount FROM taken WHERE source = 'card' GROUP BY source_id) t
WHERE c.id = t.source_id AND c.account_id BETWEEN $first AND $last
;
UPDATE credit_refund r SET remaining_minor = r.remaining_minor - t.amount
FROM (SELECT source_id, sum(amount)::bigint AS amount FROM taken WHERE source = 'refund' GROUP BY source_id) t
WHERE r.id = t.source_id AND r.account_id BETWEEN $first AND $last AND r.remaining_minor > 0
;
UPDATE bill_line l SET card_paid_minor = l.card_paid_minor + t.amount
FROM (SELECT account_id, cycle, product, order_id, single_month, sum(amount)::bigint AS amount
      FROM spent WHERE source = 'card' GROUP BY account_id, cycle, product, order_id, single_month) t
WHERE l.account_id = t.account_id AND l.cycle = t.cycle AND l.product = t.product AND l.order_id = t.order_id
  AND l.single_month = t.single_month AND l.account_id BETWEEN $first AND $last
;
INSERT INTO outbox (account_id, topic, payload, correlation_id, created_at)
WITH fact AS (
    SELECT account_id, 'bill.issued' AS topic, $cycle AS cycle, payable, 0::bigint AS paid FROM issued
    UNION ALL
    SELECT account_id, 'bill.settled', $cycle, 0, 0 FROM issued WHERE payable = 0
    UNION ALL
    SELECT p.account_id, CASE WHEN p.settled THEN 'bill.settled' ELSE 'bill.paid_in_part' END, p.cycle, d.payable, p.paid
    FROM paid p JOIN due d USING (account_id, cycle))
SELECT f.account_id, f.topic,
       ('{"account": ' || to_json(i.name) || ', "cycle": "' || f.cycle / 100 || '-' || lpad((f.cycle % 100)::text, 2, '0')
           || '", "currency": "' || i.currency || '", "state": "'
           || CASE WHEN f.payable = f.paid THEN 'settled' ELSE 'unsettled' END
           || '", "payable": "' || round(f.payable / i.scale, i.exponent)
           || '", "paid": "' || round(f.paid / i.scale, i.exponent)
           || '", "outstanding": "' || round((f.payable - f.paid) / i.scale, i.exponent) || '"}')::jsonb,
       $correlation, $at
FROM fact f JOIN issued i USING (account_id)
;

-- What archives leave behind takes less room, and answers whoever was given a name or a number. Rule: R11.12, R13.1.

-- Fees by their keys, 16 bytes each: of an account in order, some in a row. A row has all from its first key on to the
-- first of the next row, so that one row is read, whatever the number of months. Workers of the release before read those
-- that there were by now where they are.
CREATE TABLE archived_fee_keys (
    account_id bigint NOT NULL,
    first_key uuid NOT NULL,
    fee_keys uuid[] NOT NULL CHECK (cardinality(fee_keys) > 0 AND fee_keys[1] = first_key),
    PRIMARY KEY (account_id, first_key)
);
INSERT INTO archived_fee_keys (account_id, first_key, fee_keys)
SELECT account_id, (array_agg(fee_key ORDER BY fee_key))[1], array_agg(fee_key ORDER BY fee_key)
FROM (SELECT account_id, fee_key, (row_number() OVER (PARTITION BY account_id ORDER BY fee_key) - 1) / 60 AS part
      FROM archived_fee) AS numbered
GROUP BY account_id, part;

-- Sums that say of which rows they are: of the keys of an archive's fees, and of its bills with what each accrued. NULL of
-- bills of archives from before they were kept.
ALTER TABLE archive ADD COLUMN fees_digest numeric NOT NULL DEFAULT 0, ADD COLUMN bills_digest numeric;
UPDATE archive SET fees_digest = coalesce(
    (SELECT sum(uuid_hash_extended(f.fee_key, 0)) FROM archived_fee f WHERE f.archive_id = archive.id), 0);

CREATE FUNCTION is_archived_fee(account bigint, key uuid) RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT coalesce((SELECT key = ANY(fee_keys) FROM public.archived_fee_keys
                     WHERE account_id = account AND first_key <= key ORDER BY first_key DESC LIMIT 1), false)
$$;
CREATE OR REPLACE FUNCTION refuse_fee_change() RETURNS trigger LANGUAGE plpgsql SET search_path = public AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF is_archived_fee(OLD.account_id, OLD.fee_key) THEN
            RETURN OLD;
        END IF;
    END IF;
    RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'insufficient_privilege', HINT = 'Book a correction as a new row; `settle archive` writes out old months.';
END $$;

-- Events in archives by what their senders were told: a number, by HTTP and by commands, or a row of their own, by SQL,
-- in which case `sent_by` is the role. Of other ingresses an identity is enough.
CREATE TABLE archived_name (
    inbox_id bigint PRIMARY KEY,
    source text NOT NULL,
    event_id text NOT NULL,
    sent_by text,
    finished_at timestamptz NOT NULL
);
CREATE INDEX archived_name_sent_by ON archived_name (source, event_id) WHERE sent_by IS NOT NULL;

-- As before, and beside it what is in an archive: that it was done. What it paid at once is there too.
-- Whose rows are shown is asked outside of UNION ALL: inside, a condition of a sender might be asked first.
CREATE OR REPLACE VIEW event_outcome WITH (security_barrier) AS
    SELECT i.id, i.source, i.event_id, i.type, i.account, i.state, i.code, i.reason, i.received_at, i.finished_at, p.paid
    FROM (
        SELECT id, source, event_id, type, account, state, reason_code AS code, reason, received_at, finished_at, sent_by,
               true AS is_here
        FROM inbox WHERE conflict_of IS NULL
        UNION ALL
        SELECT id, source, event_id, type, account, state, reason_code, reason, received_at, finished_at, sent_by, true
        FROM inbox WHERE conflict_of IS NOT NULL
        UNION ALL
        SELECT n.inbox_id, n.source, n.event_id, CASE v.kind WHEN 'bills' THEN 'fees' ELSE 'top_up' END, a.external_id,
               'done', 'archived', 'it was done long ago, and is in archive ' || e.archive_id, e.received_at,
               n.finished_at, n.sent_by, false
        FROM archived_name n JOIN archived_event e ON e.identity = event_identity(n.source, n.event_id)
        JOIN account a ON a.id = e.account_id JOIN archive v ON v.id = e.archive_id
        WHERE n.sent_by IS NOT NULL) AS i
    CROSS JOIN LATERAL (
        SELECT CASE WHEN i.is_here THEN coalesce(jsonb_object_agg(
                   i.account || ':' || to_char(r.cycle / 100, 'FM0000') || '-' || to_char(r.cycle % 100, 'FM00'),
                   CAST(round(r.amount_minor / power(CAST(10 AS numeric), c.exponent), c.exponent) AS text)), '{}') END
               AS paid
        FROM account a JOIN repayment r ON r.account_id = a.id JOIN currency c ON c.code = r.currency
        WHERE i.is_here AND a.external_id = i.account AND r.cause = 'event:' || i.id AND i.state = 'done') AS p
    WHERE i.sent_by = current_user;

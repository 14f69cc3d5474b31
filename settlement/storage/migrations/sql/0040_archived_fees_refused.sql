-- A fee that is in an archive is booked by no program a second time, whatever its release knows of archives. Rule: R11.12d.

-- One look at all fees of a statement, by COPY as well; none while no archive has fees. As the role that books, which
-- reads archives. An index is right however few keys there were when a session planned.
CREATE FUNCTION refuse_archived_fees() RETURNS trigger LANGUAGE plpgsql
SET search_path = public SET enable_seqscan = off AS $$
DECLARE
    known record;
BEGIN
    IF NOT EXISTS (SELECT 1 FROM archived_fee_keys) THEN
        RETURN NULL;
    END IF;
    -- As is_archived_fee says it, which would be called for each.
    SELECT b.account_id, b.fee_key INTO known FROM booked b
        CROSS JOIN LATERAL (
            SELECT g.fee_keys FROM archived_fee_keys g WHERE g.account_id = b.account_id AND g.first_key <= b.fee_key
            ORDER BY g.first_key DESC LIMIT 1) AS g
        WHERE b.occurrence = 0 AND b.fee_key = ANY(g.fee_keys) LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'fee % of account % was billed long ago and is in an archive', known.fee_key, known.account_id
            USING ERRCODE = 'unique_violation', HINT = 'Send the other fees of the event without it.';
    END IF;
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER archived_once AFTER INSERT ON fee REFERENCING NEW TABLE AS booked
FOR EACH STATEMENT EXECUTE FUNCTION refuse_archived_fees();

-- That a fee is of an account is looked at once for all fees of a statement: for each by itself it took longer than
-- writing it. An account that has fees has a bill, which refers to it as before, so it cannot be deleted. Rule: R11.3.

-- As the role that books. Each account is looked up by its index, however few there were when a session planned.
CREATE OR REPLACE FUNCTION refuse_fees_of_no_account() RETURNS trigger LANGUAGE plpgsql
SET search_path = public SET enable_seqscan = off AS $$
DECLARE
    nobody bigint;
BEGIN
    SELECT b.account_id INTO nobody FROM (SELECT DISTINCT account_id FROM booked) AS b
        WHERE (SELECT a.id FROM account a WHERE a.id = b.account_id) IS NULL LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'a fee is booked to account %, which there is not', nobody USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER of_an_account AFTER INSERT ON fee REFERENCING NEW TABLE AS booked
FOR EACH STATEMENT EXECUTE FUNCTION refuse_fees_of_no_account();

ALTER TABLE fee DROP CONSTRAINT IF EXISTS fee_account_id_fkey;

-- Entries, repayments, lines of bills and top-ups of months that are over leave the database, too. Rule: R11.12.

ALTER TYPE archive_kind ADD VALUE 'ledger';
ALTER TABLE archive
    ADD COLUMN entries bigint NOT NULL DEFAULT 0 CHECK (entries >= 0),
    ADD COLUMN repayments bigint NOT NULL DEFAULT 0 CHECK (repayments >= 0),
    ADD COLUMN lines bigint NOT NULL DEFAULT 0 CHECK (lines >= 0),
    DROP CONSTRAINT archive_check,
    ADD CHECK ((first_cycle IS NULL) = (last_cycle IS NULL)),
    ADD CHECK (CASE kind WHEN 'bills' THEN first_cycle IS NOT NULL WHEN 'announcements' THEN first_cycle IS NULL ELSE true END);

-- In which archive the lines of a bill, its repayments and all of its entries are; NULL while they are here.
ALTER TABLE bill ADD COLUMN records_archive_id integer;

-- Accounts whose entries before an instant are in archives, the last of them `archive_id`; what an account was opened with
-- stays. One entry that is dated right before that instant has what they came to.
CREATE TABLE archived_ledger (
    account_id bigint PRIMARY KEY REFERENCES account,
    until timestamptz NOT NULL,
    archive_id integer NOT NULL REFERENCES archive,
    cash_minor bigint NOT NULL,
    -- The last inflow among them.
    funds_since timestamptz
);

-- Money that moved may be deleted by the transaction that writes it out, which has said so of its account, and by no other.
CREATE FUNCTION is_writing_out(account bigint) RETURNS integer LANGUAGE sql STABLE AS $$
    SELECT archive_id FROM public.archived_ledger WHERE account_id = account AND xmin = CAST(pg_current_xact_id() AS xid)
$$;
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql SET search_path = public AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF TG_TABLE_NAME LIKE 'ledger\_transfer%' THEN
            IF EXISTS (SELECT 1 FROM archived_ledger WHERE account_id = OLD.account_id AND OLD.posted_at < until
                       AND is_writing_out(OLD.account_id) IS NOT NULL) THEN
                RETURN OLD;
            END IF;
        ELSIF TG_TABLE_NAME IN ('repayment', 'repayment_line') THEN
            IF EXISTS (SELECT 1 FROM bill WHERE account_id = OLD.account_id AND cycle = OLD.cycle
                       AND records_archive_id = is_writing_out(OLD.account_id)) THEN
                RETURN OLD;
            END IF;
        END IF;
    END IF;
    RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'insufficient_privilege', HINT = 'Book a correction as a new row.';
END $$;

-- Makes indexes of months of the ledger before `month` (of UTC, YYYYMM) anew that are above `small` bytes and large for what
-- is left in them, since deleting makes none smaller: of how many months.
CREATE FUNCTION give_back_ledger_room(month integer, small bigint) RETURNS integer
LANGUAGE plpgsql SET search_path = public AS $$
DECLARE
    part record;
    rows bigint;
    made integer := 0;
BEGIN
    FOR part IN
        SELECT c.relname AS name, pg_indexes_size(c.oid) AS size FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent = CAST('ledger_transfer' AS regclass) AND c.relname ~ '^ledger_transfer_[0-9]{6}$'
          AND CAST(right(c.relname, 6) AS integer) < month AND pg_indexes_size(c.oid) > small
    LOOP
        EXECUTE format('SELECT count(*) FROM %I', part.name) INTO rows;
        IF part.size > 200 * rows THEN
            EXECUTE format('REINDEX TABLE %I', part.name);
            made := made + 1;
        END IF;
    END LOOP;
    RETURN made;
END $$;
REVOKE ALL ON FUNCTION give_back_ledger_room FROM PUBLIC;

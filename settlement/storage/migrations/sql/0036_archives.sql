-- Months that are over are written out to files, and leave the database. What stays of them is who was there: an
-- identity of each event and fee, so that a repeat is known for ever. Rule: R11.12.

CREATE TYPE archive_kind AS ENUM ('bills', 'announcements');

-- One transaction that wrote rows out and removed them. `files`: [{name, rows, bytes, sha256}], in `folder` when they were
-- written; `sums`: the exact sum of the fees by currency, which the bills of the archive still come to.
CREATE TABLE archive (
    id integer PRIMARY KEY CHECK (id > 0),
    kind archive_kind NOT NULL,
    before billing_cycle NOT NULL,
    first_cycle billing_cycle,
    last_cycle billing_cycle,
    folder text NOT NULL,
    files jsonb NOT NULL,
    bills bigint NOT NULL CHECK (bills >= 0),
    fees bigint NOT NULL CHECK (fees >= 0),
    events bigint NOT NULL CHECK (events >= 0),
    announcements bigint NOT NULL CHECK (announcements >= 0),
    sums jsonb NOT NULL,
    -- The announcement that was published last of those in it: whoever catches up goes on after it.
    last_published_at timestamptz,
    last_outbox_id bigint,
    made_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    made_by text NOT NULL DEFAULT current_user,
    CHECK ((kind = 'bills') = (first_cycle IS NOT NULL AND last_cycle IS NOT NULL)),
    CHECK ((kind = 'announcements') = (last_published_at IS NOT NULL AND last_outbox_id IS NOT NULL))
);

-- In which archive the fees of a bill are, with the events that reported them; NULL while they are here.
ALTER TABLE bill ADD COLUMN archive_id integer;

-- 128 bits of who an event is, and 64 of what it says: equal data gives equal bits, however its numbers are written.
CREATE FUNCTION event_identity(source text, event_id text) RETURNS uuid LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT CAST(md5(length(source) || ':' || source || event_id) AS uuid)
$$;
CREATE FUNCTION event_content(type text, account text, data jsonb, occurred_at timestamptz) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT hash_record_extended(ROW(type, account, data, occurred_at), 0)
$$;

CREATE TABLE archived_event (
    identity uuid PRIMARY KEY,
    inbox_id bigint NOT NULL,
    account_id bigint NOT NULL,
    content bigint NOT NULL,
    received_at timestamptz NOT NULL,
    archive_id integer NOT NULL
);
CREATE TABLE archived_fee (
    account_id bigint NOT NULL,
    fee_key uuid NOT NULL,
    archive_id integer NOT NULL,
    PRIMARY KEY (account_id, fee_key)
);

-- As before, and an event that is in an archive is known too: the same again does nothing, other content is refused.
CREATE OR REPLACE FUNCTION inbox_once() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public SET enable_seqscan = off AS $$
DECLARE
    known record;
    archived record;
BEGIN
    SELECT id, type, account, data, occurred_at INTO known FROM inbox
        WHERE source = NEW.source AND event_id = NEW.event_id AND conflict_of IS NULL;
    IF FOUND THEN
        IF known.type = NEW.type AND known.account = NEW.account AND known.data = NEW.data
            AND known.occurred_at IS NOT DISTINCT FROM NEW.occurred_at THEN
            RETURN NULL;
        END IF;
    ELSE
        -- Looked for second: whoever writes out moves it from there to here.
        SELECT inbox_id AS id, content INTO archived FROM archived_event
            WHERE identity = event_identity(NEW.source, NEW.event_id);
        IF NOT FOUND THEN
            RETURN NEW;
        END IF;
        IF archived.content = event_content(NEW.type, NEW.account, NEW.data, NEW.occurred_at) THEN
            RETURN NULL;
        END IF;
        known := archived;
    END IF;
    IF EXISTS (SELECT 1 FROM inbox WHERE conflict_of = known.id AND source = NEW.source AND event_id = NEW.event_id
               AND type = NEW.type AND account = NEW.account AND data = NEW.data
               AND occurred_at IS NOT DISTINCT FROM NEW.occurred_at) THEN
        RETURN NULL;
    END IF;
    NEW.state := 'refused';
    NEW.conflict_of := known.id;
    NEW.reason_code := 'reused_id';
    NEW.reason := format('event id %s of source %s is already used by inbox row %s with other content',
                         NEW.event_id, NEW.source, known.id);
    NEW.finished_at := clock_timestamp();
    RETURN NEW;
END $$;

-- A fee is deleted where its identity is in an archive, and nowhere else. Who may write there is the owner alone.
CREATE FUNCTION refuse_fee_change() RETURNS trigger LANGUAGE plpgsql SET search_path = public AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF EXISTS (SELECT 1 FROM archived_fee WHERE account_id = OLD.account_id AND fee_key = OLD.fee_key) THEN
            RETURN OLD;
        END IF;
    END IF;
    RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'insufficient_privilege', HINT = 'Book a correction as a new row; `settle archive` writes out old months.';
END $$;
CREATE OR REPLACE TRIGGER append_only BEFORE UPDATE OR DELETE ON fee FOR EACH ROW EXECUTE FUNCTION refuse_fee_change();

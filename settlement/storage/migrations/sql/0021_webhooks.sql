-- Announcements keep their number for ever, and are delivered to the web addresses of others. Rule: R13.2, R13.3.

-- ------------------------------------------------------------------------------------------------ epochs
-- The id of an announcement is its epoch and its row's number. An epoch is a stretch of time in which numbers only grow:
-- it ends when a backup is restored, or a standby that lacks the last rows takes over, after which numbers come again.
CREATE TABLE outbox_epoch (
    epoch bigint PRIMARY KEY,
    first_id bigint NOT NULL,
    place text NOT NULL CHECK (place <> ''),
    began_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- Where this database is: the cluster, its time line, which grows with every recovery that ends before the last of the
-- log, and the database in it.
CREATE FUNCTION outbox_place() RETURNS text LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (SELECT system_identifier FROM pg_control_system()) || '/'
        || left(pg_walfile_name(pg_current_wal_insert_lsn()), 8) || '/'
        || (SELECT oid FROM pg_database WHERE datname = current_database());
END $$;

-- Begins an epoch, later than every other, with the number that comes next. The name of an epoch is the second in which it
-- begins, so two that begin from the same backup are not the same.
CREATE FUNCTION begin_outbox_epoch() RETURNS bigint LANGUAGE sql SECURITY DEFINER SET search_path = public AS $$
    INSERT INTO outbox_epoch (epoch, first_id, place)
    SELECT greatest(CAST(extract(epoch FROM clock_timestamp()) AS bigint),
                    (SELECT coalesce(max(epoch), 0) + 1 FROM outbox_epoch)),
           CASE WHEN is_called THEN last_value + 1 ELSE last_value END, outbox_place()
    FROM outbox_id_seq
    RETURNING epoch
$$;
REVOKE EXECUTE ON FUNCTION begin_outbox_epoch FROM PUBLIC;

-- Once a statement, before its first row has a number.
CREATE FUNCTION note_outbox_epoch() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
    IF outbox_place() IS DISTINCT FROM (SELECT place FROM outbox_epoch ORDER BY epoch DESC LIMIT 1) THEN
        PERFORM pg_advisory_xact_lock(6191872);
        IF outbox_place() IS DISTINCT FROM (SELECT place FROM outbox_epoch ORDER BY epoch DESC LIMIT 1) THEN
            PERFORM begin_outbox_epoch();
        END IF;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER epoch BEFORE INSERT ON outbox FOR EACH STATEMENT EXECUTE FUNCTION note_outbox_epoch();
INSERT INTO outbox_epoch (epoch, first_id, place)
    VALUES (CAST(extract(epoch FROM clock_timestamp()) AS bigint), 1, outbox_place());

-- Read in the order in which they were published: whoever goes on after the last one it has seen misses none.
CREATE INDEX outbox_published ON outbox (published_at, id) WHERE published_at IS NOT NULL;

-- ------------------------------------------------------------------------------------------------ webhooks
-- Why nothing is delivered: by hand, because the receiver has said that it is gone, or because ten tries were in vain.
CREATE TYPE webhook_pause AS ENUM ('by_hand', 'gone', 'failing');

-- NULL: every topic, every account. Either may end in `*`. Outcomes of events go to the endpoints of their source alone.
CREATE TABLE webhook_endpoint (
    id text PRIMARY KEY CHECK (id ~ '^[a-z0-9][a-z0-9._-]{0,62}$'),
    url text NOT NULL CHECK (url ~ '^https?://'),
    topics text[] CHECK (topics <> '{}'),
    accounts text[] CHECK (accounts <> '{}'),
    source text CHECK (source <> ''),
    secret text NOT NULL,
    -- Signed with as well until then, so that a receiver has time to change.
    previous_secret text,
    previous_until timestamptz,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    paused_at timestamptz,
    paused_because webhook_pause,
    -- Failures in a row, and until when nothing is tried because of them.
    fails integer NOT NULL DEFAULT 0,
    rests_until timestamptz,
    last_success_at timestamptz,
    CHECK ((paused_at IS NULL) = (paused_because IS NULL)),
    CHECK ((previous_secret IS NULL) = (previous_until IS NULL))
);

-- What an endpoint is to get, and got. One that waits is never skipped by the next of its account.
CREATE TABLE webhook_delivery (
    endpoint_id text NOT NULL REFERENCES webhook_endpoint ON DELETE CASCADE,
    outbox_id bigint NOT NULL,
    account_id bigint NOT NULL,
    attempts integer NOT NULL DEFAULT 0,
    status smallint,
    response text,
    tried_at timestamptz,
    delivered_at timestamptz,
    PRIMARY KEY (endpoint_id, outbox_id)
) WITH (fillfactor = 80);
CREATE INDEX webhook_delivery_waiting ON webhook_delivery (endpoint_id, account_id, outbox_id) WHERE delivered_at IS NULL;

-- One row for every endpoint and account with something that waits: when the first of it is tried, or, while a process
-- has it in hand, when another may.
CREATE TABLE webhook_lane (
    endpoint_id text NOT NULL REFERENCES webhook_endpoint ON DELETE CASCADE,
    account_id bigint NOT NULL,
    due_at timestamptz NOT NULL,
    PRIMARY KEY (endpoint_id, account_id)
);
CREATE INDEX webhook_lane_due ON webhook_lane (endpoint_id, due_at);

-- Faults: messages that no task could take.

CREATE TYPE quarantine_state AS ENUM ('kept', 'released', 'dropped');

CREATE TABLE quarantine (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    queue text NOT NULL,
    -- The broker's name for one message.
    delivery_tag text NOT NULL,
    task text,
    code text NOT NULL CHECK (code <> ''),
    reason text NOT NULL,
    -- As it lay on the queue; of a very large message only the beginning. Empty once it was dropped.
    raw bytea NOT NULL,
    size bigint NOT NULL CHECK (size >= 0),
    sha256 bytea NOT NULL CHECK (length(sha256) = 32),
    times integer NOT NULL DEFAULT 1 CHECK (times > 0),
    state quarantine_state NOT NULL DEFAULT 'kept',
    received_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    finished_at timestamptz,
    -- One that is handed out again is the same row.
    UNIQUE (delivery_tag, sha256),
    CHECK ((state = 'kept') = (finished_at IS NULL))
);
CREATE INDEX quarantine_kept ON quarantine (id) WHERE state = 'kept';

-- Every process writes down that it is there, and how long its work takes. Rule: R11.10.

CREATE TYPE process_kind AS ENUM ('worker', 'beat', 'serve');

-- Written every few seconds by the process itself and removed when it stops; of one that died it stays for an hour.
CREATE TABLE process (
    id uuid PRIMARY KEY,
    host text NOT NULL CHECK (host <> ''),
    pid integer NOT NULL,
    kind process_kind NOT NULL,
    name text NOT NULL CHECK (name <> ''),
    queues text[] NOT NULL,
    version text NOT NULL,
    -- A fingerprint of what decides in it who pays what and when. Equal where that is equal.
    settings text NOT NULL,
    started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    seen_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    -- By task, when it last ended here.
    worked jsonb NOT NULL DEFAULT '{}'
) WITH (fillfactor = 50);

-- Histograms that only grow: how often something took no longer than each bound, and how often longer than all of them.
CREATE TABLE duration (
    measure text NOT NULL CHECK (measure <> ''),
    label text NOT NULL,
    counts bigint[] NOT NULL,
    seconds double precision NOT NULL,
    PRIMARY KEY (measure, label)
) WITH (fillfactor = 50);

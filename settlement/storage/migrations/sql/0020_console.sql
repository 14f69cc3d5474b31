-- Who may use the console, who is signed in, and what they did there.

-- Without a password somebody signs in by a link, until one is set.
CREATE TABLE console_user (
    name text PRIMARY KEY CHECK (length(name) BETWEEN 1 AND 80 AND name ~ '^[^\s\u0001-\u001f\u007f-\u009f]+$'),
    role text NOT NULL CHECK (role IN ('viewer', 'finance', 'operator', 'admin')),
    password text,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    disabled_at timestamptz,
    failures smallint NOT NULL DEFAULT 0 CHECK (failures >= 0),
    locked_until timestamptz
);

-- Of a session only its token's digest is kept: whoever reads this table can sign in as nobody. A link is a session
-- that nobody has begun yet: it is taken once.
CREATE TABLE console_session (
    digest bytea PRIMARY KEY CHECK (length(digest) = 32),
    name text NOT NULL REFERENCES console_user,
    kind text NOT NULL CHECK (kind IN ('session', 'link')),
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires_at timestamptz NOT NULL
);
CREATE INDEX console_session_name ON console_session (name);

-- What people did: who, what, about which account, why, and the event of the source `console` that it became. It is
-- kept before the event is sent, so that nothing happens that nobody did; an event that never came has no outcome.
CREATE TABLE console_act (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    actor text NOT NULL,
    role text NOT NULL,
    action text NOT NULL,
    account text,
    reason text,
    event_id text UNIQUE,
    details jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX console_act_account ON console_act (account, id DESC);

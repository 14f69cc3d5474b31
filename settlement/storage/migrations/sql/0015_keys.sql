-- Who may send what: the sources that are known, and the keys with which their programs call the HTTP API.

-- NULL: every type, every account. An account may end in `*`, for all whose names begin so.
CREATE TABLE sender (
    source text PRIMARY KEY CHECK (length(source) BETWEEN 1 AND 200 AND source !~ '[\u0001-\u001f\u007f-\u009f]'),
    event_types text[] CHECK (event_types <> '{}'),
    accounts text[] CHECK (accounts <> '{}'),
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    ended_at timestamptz
);

-- Of a key only its digest is kept: whoever reads this table can call nothing.
CREATE TABLE api_key (
    id text PRIMARY KEY CHECK (id ~ '^[a-z0-9]{10}$'),
    source text NOT NULL REFERENCES sender,
    scopes text[] NOT NULL CHECK (scopes <> '{}' AND scopes <@ ARRAY['send', 'read', 'operate']),
    digest bytea NOT NULL CHECK (length(digest) = 32),
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires_at timestamptz,
    revoked_at timestamptz,
    last_used_at timestamptz
);
CREATE INDEX api_key_source ON api_key (source);

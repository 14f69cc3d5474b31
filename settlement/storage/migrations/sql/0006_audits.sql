-- Audits: what the daily one found, a row a local day.

CREATE TABLE audit_run (
    day date PRIMARY KEY,
    began_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    finished_at timestamptz,
    took_s double precision,
    violations bigint CHECK (violations >= 0),
    -- Violations by check, those without any included.
    found jsonb,
    CHECK ((finished_at IS NULL) = (violations IS NULL) AND (finished_at IS NULL) = (found IS NULL))
);

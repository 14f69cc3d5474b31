-- Settings that move money, as versions: each row names what changes and the instant from which that holds. The first
-- one, of all settings, holds from the beginning. Rule: R3.7b, R3.7c.

CREATE TABLE settings_version (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    holds_from timestamptz NOT NULL,
    -- Values by name. Kept as text, since the order of a table of product groups counts.
    changes json NOT NULL CHECK (json_typeof(changes) = 'object' AND CAST(changes AS text) <> '{}'),
    -- By the clock under which things are booked.
    set_at timestamptz NOT NULL,
    set_by text NOT NULL CHECK (set_by <> ''),
    reason text NOT NULL DEFAULT '',
    CHECK (holds_from > set_at OR holds_from = timestamptz '1970-01-01T00:00:00Z')
);
CREATE UNIQUE INDEX settings_version_first ON settings_version (holds_from)
    WHERE holds_from = timestamptz '1970-01-01T00:00:00Z';

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON settings_version FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER no_truncate BEFORE TRUNCATE ON settings_version FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

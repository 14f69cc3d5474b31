-- Refused events that somebody has dealt with: when, who and why. Nothing else of them changes. Rule: R11.1d.
ALTER TABLE inbox ADD COLUMN dismissed_at timestamptz, ADD COLUMN dismissed_by text, ADD COLUMN dismissed_because text,
    ADD CONSTRAINT inbox_dismissed CHECK (num_nulls(dismissed_at, dismissed_by, dismissed_because) IN (0, 3)) NOT VALID;
-- Since when an account is suspended, and when its last suspension or release was announced. Rule: R5.4j, R5.4k.
ALTER TABLE collecting ADD COLUMN suspended_at timestamptz, ADD COLUMN stage_at timestamptz;
CREATE INDEX IF NOT EXISTS collecting_suspended ON collecting (account_id) WHERE suspended_at IS NOT NULL;
-- On which other accounts a gateway's token is. Rule: R5.1g.
CREATE INDEX IF NOT EXISTS payment_method_token ON payment_method (gateway, customer_token, method_token)
    WHERE gateway <> '';

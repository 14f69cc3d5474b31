-- Billing exports are pictures: which one a fee was seen in, and what takes a fee back.

-- One picture: what one provider charges in one billing period.
CREATE TABLE fee_export (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    provider text NOT NULL,
    period_start timestamptz NOT NULL,
    UNIQUE (provider, period_start)
);

-- Fees of exports know their picture (others have none), their end, which decides whether a card may pay them, and, where
-- they take back another fee, that one's key.
ALTER TABLE fee ADD COLUMN export_id bigint;
ALTER TABLE fee ADD COLUMN ended_at timestamptz;
ALTER TABLE fee ADD COLUMN takes_back uuid;
CREATE INDEX IF NOT EXISTS fee_of_export ON fee (export_id, account_id) WHERE export_id IS NOT NULL;
-- Fees imported by releases that knew no pictures. They had another identity, so they are known by what they say.
CREATE INDEX IF NOT EXISTS fee_imported_before ON fee (account_id, incurred_at)
    WHERE import_id IS NOT NULL AND export_id IS NULL;

-- The rows of a snapshot under way, and what differs from what is booked. Rows live as long as their import runs.
CREATE UNLOGGED TABLE fee_import_row (
    import_id bigint NOT NULL,
    row_no bigint NOT NULL,
    file_no integer NOT NULL,
    line bigint NOT NULL,
    account text NOT NULL,
    fee_key uuid NOT NULL,
    amount numeric NOT NULL,
    currency text NOT NULL,
    product text NOT NULL,
    order_id text NOT NULL,
    incurred_at timestamptz NOT NULL,
    ended_at timestamptz,
    PRIMARY KEY (import_id, row_no)
);
CREATE UNLOGGED TABLE fee_import_difference (
    import_id bigint NOT NULL,
    account_id bigint NOT NULL,
    fee_key uuid NOT NULL,
    seen integer NOT NULL,
    row_no bigint,
    PRIMARY KEY (import_id, account_id, fee_key)
);

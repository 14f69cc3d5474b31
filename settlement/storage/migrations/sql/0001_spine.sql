-- The schema of settle. Amounts that moved or may move are BIGINT in the currency's minor unit (…_minor);
-- fees that still accrue are exact NUMERIC in the major unit. Instants are UTC (timestamptz); a cycle is the
-- billing month written as the integer YYYYMM.

CREATE TABLE currency (
    code char(3) PRIMARY KEY,
    exponent smallint NOT NULL CHECK (exponent BETWEEN 0 AND 4)
);

CREATE DOMAIN billing_cycle AS integer
    CHECK (VALUE BETWEEN 190001 AND 299912 AND VALUE % 100 BETWEEN 1 AND 12);

-- ------------------------------------------------------------------------------------------------ accounts
-- An account takes the id of the inbox row that opened it, and so do cards and refunds: no second sequence,
-- and every row leads back to the event it came from.
CREATE TABLE account (
    id bigint PRIMARY KEY,
    external_id text NOT NULL UNIQUE CHECK (external_id <> ''),
    name text NOT NULL DEFAULT '',
    currency char(3) NOT NULL REFERENCES currency,
    cash_minor bigint NOT NULL DEFAULT 0 CHECK (cash_minor >= 0),
    credit_limit_minor bigint NOT NULL DEFAULT 0 CHECK (credit_limit_minor >= 0),
    frozen_minor bigint NOT NULL DEFAULT 0 CHECK (frozen_minor >= 0),
    credit_control boolean NOT NULL DEFAULT false,
    auto_write_off_enabled boolean NOT NULL DEFAULT true,
    write_off_past_bills boolean NOT NULL DEFAULT false,
    opened_at timestamptz NOT NULL,
    parked_at timestamptz,
    parked_reason text,
    CHECK ((parked_at IS NULL) = (parked_reason IS NULL))
) WITH (fillfactor = 70);
CREATE INDEX account_parked ON account (id) WHERE parked_at IS NOT NULL;

-- Holds are rows, not a flag: two holds need two releases, and the customer's switch is never touched.
CREATE TABLE write_off_hold (
    account_id bigint NOT NULL REFERENCES account,
    reason text NOT NULL CHECK (reason <> ''),
    ref text NOT NULL DEFAULT '',
    held_at timestamptz NOT NULL,
    PRIMARY KEY (account_id, reason, ref)
);

-- ------------------------------------------------------------------------------------------------ fees and bills
CREATE TABLE fee_import (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    file_name text NOT NULL,
    started_at timestamptz NOT NULL,
    finished_at timestamptz,
    report jsonb
);

-- How often a running import has met a row that was known before: the next identical row is a new one only when
-- it comes more often than it is known. Rows live as long as their import runs.
CREATE UNLOGGED TABLE fee_import_repeat (
    import_id bigint NOT NULL,
    account_id bigint NOT NULL,
    fee_key uuid NOT NULL,
    met integer NOT NULL,
    PRIMARY KEY (import_id, account_id, fee_key)
);

CREATE TABLE fee (
    account_id bigint NOT NULL REFERENCES account,
    fee_key uuid NOT NULL,
    -- Identical rows of one export are told apart by number; a fee with an id of its own is always number 0.
    occurrence integer NOT NULL DEFAULT 0,
    cycle billing_cycle NOT NULL,
    amount numeric NOT NULL CHECK (scale(amount) <= 30 AND abs(amount) < 1e18),
    currency char(3) NOT NULL,
    product text NOT NULL,
    order_id text NOT NULL DEFAULT '',
    incurred_at timestamptz NOT NULL,
    late boolean NOT NULL,
    import_id bigint,
    inbox_id bigint,
    booked_at timestamptz NOT NULL,
    PRIMARY KEY (account_id, fee_key, occurrence),
    CHECK ((import_id IS NULL) <> (inbox_id IS NULL))
);

CREATE TYPE bill_state AS ENUM ('accruing', 'unsettled', 'settled');

CREATE TABLE bill (
    account_id bigint NOT NULL REFERENCES account,
    cycle billing_cycle NOT NULL,
    currency char(3) NOT NULL,
    state bill_state NOT NULL DEFAULT 'accruing',
    accrued numeric NOT NULL DEFAULT 0,
    carried_in numeric NOT NULL DEFAULT 0 CHECK (carried_in <= 0),
    payable_minor bigint CHECK (payable_minor >= 0),
    dropped numeric CHECK (dropped >= 0),
    carried_out numeric CHECK (carried_out <= 0),
    paid_minor bigint NOT NULL DEFAULT 0 CHECK (paid_minor >= 0),
    issued_at timestamptz,
    settled_at timestamptz,
    PRIMARY KEY (account_id, cycle),
    CHECK (paid_minor <= coalesce(payable_minor, 0)),
    CHECK ((state = 'accruing') = (payable_minor IS NULL)),
    CHECK ((state = 'accruing') = (issued_at IS NULL)),
    CHECK ((state = 'accruing') = (dropped IS NULL AND carried_out IS NULL)),
    CHECK ((state = 'settled') = (payable_minor IS NOT NULL AND payable_minor = paid_minor)),
    CHECK ((state = 'settled') = (settled_at IS NOT NULL))
) WITH (fillfactor = 70);
CREATE INDEX bill_accruing ON bill (cycle, account_id) WHERE state = 'accruing';
CREATE INDEX bill_unsettled ON bill (account_id, cycle) WHERE state = 'unsettled';

-- What a bill is made of, kept in step with bill.accrued: the grain at which a stored value card applies.
CREATE TABLE bill_line (
    account_id bigint NOT NULL,
    cycle billing_cycle NOT NULL,
    product text NOT NULL,
    order_id text NOT NULL DEFAULT '',
    single_month boolean NOT NULL,
    accrued numeric NOT NULL,
    card_paid_minor bigint NOT NULL DEFAULT 0 CHECK (card_paid_minor >= 0),
    PRIMARY KEY (account_id, cycle, product, order_id, single_month),
    FOREIGN KEY (account_id, cycle) REFERENCES bill
) WITH (fillfactor = 80);

-- ------------------------------------------------------------------------------------------------ funds
CREATE TABLE stored_value_card (
    id bigint PRIMARY KEY,
    account_id bigint NOT NULL REFERENCES account,
    external_id text NOT NULL CHECK (external_id <> ''),
    balance_minor bigint NOT NULL CHECK (balance_minor >= 0),
    valid_from timestamptz NOT NULL,
    valid_until timestamptz NOT NULL,
    products text[],
    orders text[],
    granted_at timestamptz NOT NULL,
    UNIQUE (account_id, external_id),
    CHECK (valid_from < valid_until)
);

CREATE TABLE credit_refund (
    id bigint PRIMARY KEY,
    account_id bigint NOT NULL REFERENCES account,
    cycle billing_cycle NOT NULL,
    remaining_minor bigint NOT NULL CHECK (remaining_minor >= 0),
    granted_at timestamptz NOT NULL
);
CREATE INDEX credit_refund_open ON credit_refund (account_id) WHERE remaining_minor > 0;

-- ------------------------------------------------------------------------------------------------ repayments
CREATE TYPE repayment_initiator AS ENUM ('auto_write_off');
CREATE TYPE fund_source AS ENUM ('coupon', 'card', 'refund', 'cash', 'external');

CREATE TABLE repayment (
    account_id bigint NOT NULL,
    cycle billing_cycle NOT NULL,
    cause text NOT NULL,
    initiator repayment_initiator NOT NULL,
    amount_minor bigint NOT NULL CHECK (amount_minor > 0),
    currency char(3) NOT NULL,
    paid_at timestamptz NOT NULL,
    PRIMARY KEY (account_id, cycle, cause)
);

CREATE TABLE repayment_line (
    account_id bigint NOT NULL,
    cycle billing_cycle NOT NULL,
    cause text NOT NULL,
    line_no smallint NOT NULL CHECK (line_no > 0),
    source fund_source NOT NULL,
    source_id bigint NOT NULL DEFAULT 0,
    amount_minor bigint NOT NULL CHECK (amount_minor > 0),
    PRIMARY KEY (account_id, cycle, cause, line_no)
);

-- ------------------------------------------------------------------------------------------------ ledger
-- One row is one transfer: a debit and a credit of the same amount, so an unbalanced entry cannot be written.
-- Ledger accounts are (kind, ref): cash, card (ref = card id), refund (ref = refund id) and receivable
-- (ref = cycle) belong to the row's account; the rest are the platform's, one per currency, without a stored balance.
CREATE TYPE ledger_kind AS ENUM (
    'cash', 'card', 'refund', 'receivable',
    'revenue', 'bank_clearing', 'card_grant', 'refund_grant', 'transfer_clearing', 'opening');

CREATE TABLE ledger_transfer (
    id bigint GENERATED ALWAYS AS IDENTITY,
    account_id bigint NOT NULL,
    debit ledger_kind NOT NULL,
    debit_ref bigint NOT NULL DEFAULT 0,
    credit ledger_kind NOT NULL,
    credit_ref bigint NOT NULL DEFAULT 0,
    amount_minor bigint NOT NULL CHECK (amount_minor > 0),
    currency char(3) NOT NULL,
    cause text NOT NULL,
    posted_at timestamptz NOT NULL,
    PRIMARY KEY (account_id, posted_at, id),
    CHECK (debit <> credit OR debit_ref <> credit_ref)
) PARTITION BY RANGE (posted_at);
CREATE TABLE ledger_transfer_default PARTITION OF ledger_transfer DEFAULT;

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'insufficient_privilege', HINT = 'Book a correction as a new row.';
END $$;

-- A row trigger on a partitioned table is cloned to every partition, which a statement trigger is not.
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON ledger_transfer FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON repayment FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON repayment_line FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON fee FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER no_truncate BEFORE TRUNCATE ON ledger_transfer FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER no_truncate BEFORE TRUNCATE ON ledger_transfer_default FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER no_truncate BEFORE TRUNCATE ON repayment FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER no_truncate BEFORE TRUNCATE ON repayment_line FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER no_truncate BEFORE TRUNCATE ON fee FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Makes the monthly partitions from the month of `first` on. Runs as its owner, so that upkeep, which holds no
-- right to create tables, can call it; a month whose rows already lie in the default partition is left there.
CREATE FUNCTION ensure_ledger_partitions(first date, months integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
DECLARE
    start date;
    made integer := 0;
    part text;
BEGIN
    FOR i IN 0 .. least(months, 120) - 1 LOOP
        start := date_trunc('month', first)::date + make_interval(months => i);
        part := 'ledger_transfer_' || to_char(start, 'YYYYMM');
        IF to_regclass('public.' || part) IS NULL AND NOT EXISTS (
            SELECT 1 FROM ledger_transfer_default
            WHERE posted_at >= start::timestamp AT TIME ZONE 'UTC'
              AND posted_at < (start + interval '1 month') AT TIME ZONE 'UTC')
        THEN
            EXECUTE format(
                'CREATE TABLE %I PARTITION OF ledger_transfer FOR VALUES FROM (%L) TO (%L)',
                part, start::timestamp AT TIME ZONE 'UTC', (start + interval '1 month') AT TIME ZONE 'UTC');
            EXECUTE format(
                'CREATE TRIGGER no_truncate BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()',
                part);
            made := made + 1;
        END IF;
    END LOOP;
    RETURN made;
END $$;
REVOKE ALL ON FUNCTION ensure_ledger_partitions FROM PUBLIC;
SELECT ensure_ledger_partitions(date '2026-01-01', 36);

-- ------------------------------------------------------------------------------------------------ inbox, outbox
CREATE TYPE inbox_state AS ENUM ('waiting', 'done', 'refused', 'parked');

CREATE TABLE inbox (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source text NOT NULL CHECK (source <> ''),
    event_id text NOT NULL CHECK (event_id <> ''),
    type text NOT NULL,
    account text NOT NULL DEFAULT '',
    data jsonb NOT NULL DEFAULT '{}',
    occurred_at timestamptz,
    correlation_id text,
    door text NOT NULL DEFAULT 'sql',
    state inbox_state NOT NULL DEFAULT 'waiting',
    reason_code text,
    reason text,
    attempts smallint NOT NULL DEFAULT 0,
    conflict_of bigint,
    received_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    finished_at timestamptz,
    CHECK ((state IN ('refused', 'parked')) = (reason IS NOT NULL))
) WITH (fillfactor = 70);
-- The identity of an event. A second event that reuses the id with other content is kept beside it, refused.
CREATE UNIQUE INDEX inbox_identity ON inbox (source, event_id) WHERE conflict_of IS NULL;
CREATE INDEX inbox_waiting ON inbox (id) WHERE state = 'waiting';
CREATE INDEX inbox_waiting_account ON inbox (account, id) WHERE state = 'waiting';
CREATE INDEX inbox_set_aside ON inbox (id) WHERE state IN ('refused', 'parked');

-- Whoever inserts, by whatever door: the same event again does nothing, the same id with other content is
-- kept as a refused row. A plain INSERT is therefore a safe way to send an event, however often it is repeated.
-- It looks with its owner's eyes, so a sender's role needs no right but INSERT.
-- A plan made while the inbox is small would read through it, and a session keeps its plan: hence no seqscan.
CREATE FUNCTION inbox_once() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public SET enable_seqscan = off AS $$
DECLARE
    known record;
BEGIN
    SELECT id, type, account, data, occurred_at INTO known FROM inbox
        WHERE source = NEW.source AND event_id = NEW.event_id AND conflict_of IS NULL;
    IF NOT FOUND THEN
        RETURN NEW;
    END IF;
    IF known.type = NEW.type AND known.account = NEW.account AND known.data = NEW.data
        AND known.occurred_at IS NOT DISTINCT FROM NEW.occurred_at THEN
        RETURN NULL;
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
CREATE TRIGGER once BEFORE INSERT ON inbox FOR EACH ROW EXECUTE FUNCTION inbox_once();
CREATE INDEX inbox_conflict ON inbox (conflict_of) WHERE conflict_of IS NOT NULL;

CREATE TABLE outbox (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id bigint NOT NULL,
    topic text NOT NULL,
    payload jsonb NOT NULL,
    correlation_id text NOT NULL,
    created_at timestamptz NOT NULL,
    published_at timestamptz
) WITH (fillfactor = 80);
CREATE INDEX outbox_unpublished ON outbox (id) WHERE published_at IS NULL;

-- ------------------------------------------------------------------------------------------------ runs and slots
CREATE TYPE run_state AS ENUM ('running', 'paused', 'done');

CREATE TABLE run (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text NOT NULL,
    cycle billing_cycle NOT NULL,
    logical_at timestamptz NOT NULL,
    state run_state NOT NULL DEFAULT 'running',
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    finished_at timestamptz,
    UNIQUE (kind, cycle)
);

CREATE TYPE range_state AS ENUM ('waiting', 'done', 'failed');

CREATE TABLE run_range (
    run_id bigint NOT NULL REFERENCES run,
    range_no integer NOT NULL,
    first_account_id bigint NOT NULL,
    last_account_id bigint NOT NULL,
    accounts integer NOT NULL,
    state range_state NOT NULL DEFAULT 'waiting',
    attempts smallint NOT NULL DEFAULT 0,
    reason text,
    report jsonb,
    finished_at timestamptz,
    PRIMARY KEY (run_id, range_no),
    CHECK (first_account_id <= last_account_id)
);
CREATE INDEX run_range_waiting ON run_range (run_id, range_no) WHERE state = 'waiting';

CREATE TYPE slot_state AS ENUM ('owed', 'done', 'skipped');

CREATE TABLE schedule_slot (
    job text NOT NULL,
    logical_at timestamptz NOT NULL,
    state slot_state NOT NULL DEFAULT 'owed',
    reason text,
    run_id bigint REFERENCES run,
    noticed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    finished_at timestamptz,
    PRIMARY KEY (job, logical_at),
    CHECK ((state = 'skipped') = (reason IS NOT NULL))
);

-- One row at most: the time that everything takes for now while the test clock is allowed.
CREATE TABLE test_clock (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    now_at timestamptz NOT NULL
);

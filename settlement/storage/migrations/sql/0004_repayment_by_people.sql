-- Repayment by people: billing relationships, transfers that can be pulled back, manual payments, unified settlements.

ALTER TYPE repayment_initiator ADD VALUE 'manual';
ALTER TYPE repayment_initiator ADD VALUE 'transfer';
ALTER TYPE repayment_initiator ADD VALUE 'unified_settlement';
-- Paid from another account's cash; source_id is that main account.
ALTER TYPE fund_source ADD VALUE 'main_account';
ALTER TYPE charge_reason ADD VALUE 'manual';

-- ------------------------------------------------------------------------------------------------ accounts, bills
-- Part of the cash: what came by transfer and is not spent; of it, what the present main account may pull back; and
-- what a manual payment under way has set aside.
ALTER TABLE account
    ADD COLUMN transferred_in_minor bigint NOT NULL DEFAULT 0,
    ADD COLUMN returnable_minor bigint NOT NULL DEFAULT 0,
    ADD COLUMN held_minor bigint NOT NULL DEFAULT 0,
    ADD CONSTRAINT account_transferred_in CHECK (
        returnable_minor >= 0 AND returnable_minor <= transferred_in_minor AND transferred_in_minor <= cash_minor),
    ADD CONSTRAINT account_held CHECK (held_minor BETWEEN 0 AND cash_minor);

-- What a manual payment under way is about to pay: nobody else pays it meanwhile.
ALTER TABLE bill
    ADD COLUMN reserved_minor bigint NOT NULL DEFAULT 0,
    ADD CONSTRAINT bill_reserved CHECK (reserved_minor >= 0 AND paid_minor + reserved_minor <= coalesce(payable_minor, 0));

-- ------------------------------------------------------------------------------------------------ relationships
CREATE TYPE relationship_state AS ENUM ('pending', 'valid', 'ended');

CREATE TABLE billing_relationship (
    id bigint PRIMARY KEY,
    main_id bigint NOT NULL REFERENCES account,
    member_id bigint NOT NULL REFERENCES account,
    state relationship_state NOT NULL,
    requested_at timestamptz NOT NULL,
    valid_at timestamptz,
    ended_at timestamptz,
    CHECK (main_id <> member_id),
    CHECK ((state = 'ended') = (ended_at IS NOT NULL)),
    CHECK (state <> 'valid' OR valid_at IS NOT NULL)
);
CREATE UNIQUE INDEX billing_relationship_member ON billing_relationship (member_id) WHERE state <> 'ended';
CREATE INDEX billing_relationship_main ON billing_relationship (main_id) WHERE state <> 'ended';

-- ------------------------------------------------------------------------------------------------ manual payments
CREATE TYPE payment_state AS ENUM ('running', 'completed', 'failed', 'cancelled', 'expired');

CREATE TABLE bill_payment (
    id bigint PRIMARY KEY,
    account_id bigint NOT NULL REFERENCES account,
    external_id text NOT NULL CHECK (external_id <> ''),
    cycle billing_cycle NOT NULL,
    total_minor bigint NOT NULL CHECK (total_minor > 0),
    balance_minor bigint NOT NULL CHECK (balance_minor BETWEEN 0 AND total_minor),
    currency char(3) NOT NULL,
    channel text NOT NULL CHECK (channel <> ''),
    attempt_no integer,
    state payment_state NOT NULL,
    started_at timestamptz NOT NULL,
    lease_until timestamptz NOT NULL,
    finished_at timestamptz,
    reason text,
    UNIQUE (account_id, external_id),
    FOREIGN KEY (account_id, cycle) REFERENCES bill,
    FOREIGN KEY (account_id, attempt_no) REFERENCES charge_attempt (account_id, attempt_no),
    CHECK ((state = 'running') = (finished_at IS NULL)),
    CHECK ((balance_minor < total_minor) = (attempt_no IS NOT NULL))
) WITH (fillfactor = 80);
-- One at a time: the payment method takes one charge at a time, and the first one must be over to know what is owed.
CREATE UNIQUE INDEX bill_payment_running ON bill_payment (account_id) WHERE state = 'running';
CREATE INDEX bill_payment_lease ON bill_payment (lease_until) WHERE state = 'running';

-- ------------------------------------------------------------------------------------------------ unified settlement
CREATE TYPE unified_state AS ENUM ('draft', 'running', 'completed', 'closed');
CREATE TYPE unified_line_state AS ENUM ('open', 'paid', 'dropped');

CREATE TABLE unified_settlement (
    id bigint PRIMARY KEY,
    main_id bigint NOT NULL REFERENCES account,
    external_id text NOT NULL CHECK (external_id <> ''),
    currency char(3) NOT NULL,
    state unified_state NOT NULL DEFAULT 'draft',
    rounds integer NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL,
    run_at timestamptz,
    finished_at timestamptz,
    deleted_at timestamptz,
    UNIQUE (main_id, external_id),
    CHECK ((state IN ('completed', 'closed')) = (finished_at IS NOT NULL)),
    CHECK (deleted_at IS NULL OR finished_at IS NOT NULL)
);
CREATE INDEX unified_settlement_running ON unified_settlement (run_at, id) WHERE state = 'running';

CREATE TABLE unified_line (
    settlement_id bigint NOT NULL REFERENCES unified_settlement,
    account_id bigint NOT NULL,
    cycle billing_cycle NOT NULL,
    line_no integer NOT NULL CHECK (line_no > 0),
    listed_minor bigint NOT NULL CHECK (listed_minor > 0),
    paid_minor bigint NOT NULL DEFAULT 0 CHECK (paid_minor >= 0),
    state unified_line_state NOT NULL DEFAULT 'open',
    reason text,
    PRIMARY KEY (settlement_id, account_id, cycle),
    FOREIGN KEY (account_id, cycle) REFERENCES bill
) WITH (fillfactor = 70);
-- A bill is in at most one settlement that is not over.
CREATE UNIQUE INDEX unified_line_open ON unified_line (account_id, cycle) WHERE state = 'open';
-- The first bill that is owed is found without reading the list.
CREATE INDEX unified_line_next ON unified_line (settlement_id, line_no) WHERE state = 'open';

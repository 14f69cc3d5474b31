-- What a gateway does by itself: refunds made there, and disputes. They take a payment back, or bring it back.

ALTER TYPE repayment_initiator ADD VALUE 'reversal';
-- reversal (ref = reversal number) is what of a reversal nothing covered any more: the account owes it.
ALTER TYPE ledger_kind ADD VALUE 'reversal';
ALTER TYPE difference_kind ADD VALUE 'refund_missing_there';
ALTER TYPE difference_kind ADD VALUE 'refund_missing_here';
ALTER TYPE difference_kind ADD VALUE 'refund_differs';
ALTER TYPE difference_kind ADD VALUE 'reversal_missing_there';
ALTER TYPE difference_kind ADD VALUE 'reversal_missing_here';

-- A payment that is taken back is a record below zero; every other one stays above. Rows that are there are above.
ALTER TABLE repayment DROP CONSTRAINT repayment_amount_minor_check,
    ADD CONSTRAINT repayment_amount CHECK (amount_minor > 0 OR (amount_minor < 0 AND cause LIKE 'reversal:%')) NOT VALID;
ALTER TABLE repayment_line DROP CONSTRAINT repayment_line_amount_minor_check,
    ADD CONSTRAINT repayment_line_amount
        CHECK (amount_minor > 0 OR (amount_minor < 0 AND cause LIKE 'reversal:%')) NOT VALID;

-- The charge whose refunds and disputes a webhook is about, by the gateway's own id.
ALTER TABLE gateway_event ADD COLUMN charge_ref text;
-- What the gateway has taken back of a charge by itself and not brought back.
ALTER TABLE charge_attempt ADD COLUMN reversed_minor bigint NOT NULL DEFAULT 0,
    ADD CONSTRAINT charge_reversed CHECK (reversed_minor >= 0 AND (reversed_minor = 0 OR state = 'succeeded'));
CREATE INDEX charge_reversed_in_part ON charge_attempt (account_id, attempt_no) WHERE reversed_minor > 0;
ALTER TABLE reconciliation ADD COLUMN reversals integer NOT NULL DEFAULT 0;

CREATE TYPE reversal_kind AS ENUM ('refund', 'dispute');
CREATE TYPE reversal_state AS ENUM
    ('pending', 'succeeded', 'failed', 'needs_response', 'under_review', 'won', 'lost', 'closed');
CREATE TYPE reversal_funds AS ENUM ('untouched', 'withdrawn', 'returned');

-- A refund or dispute that is none of ours, of one of our charges: `state` and `funds` as the gateway showed them when
-- it was read last, `taken_minor` what is taken back of the payment because of it, `owed_minor` the part of that which
-- nothing covered. `steps` counts the times that money moved for it.
CREATE TABLE gateway_reversal (
    account_id bigint NOT NULL REFERENCES account,
    reversal_no integer NOT NULL CHECK (reversal_no > 0),
    gateway text NOT NULL CHECK (gateway <> ''),
    gateway_ref text NOT NULL CHECK (gateway_ref <> ''),
    kind reversal_kind NOT NULL,
    attempt_no integer NOT NULL,
    amount_minor bigint NOT NULL CHECK (amount_minor > 0),
    currency char(3) NOT NULL,
    state reversal_state NOT NULL,
    funds reversal_funds NOT NULL,
    reason text NOT NULL,
    opened_at timestamptz NOT NULL,
    moved_at timestamptz,
    found_at timestamptz NOT NULL,
    read_at timestamptz NOT NULL,
    closed_at timestamptz,
    taken_minor bigint NOT NULL,
    owed_minor bigint NOT NULL CHECK (owed_minor BETWEEN 0 AND taken_minor),
    steps smallint NOT NULL CHECK (steps >= 0),
    PRIMARY KEY (account_id, reversal_no),
    FOREIGN KEY (account_id, attempt_no) REFERENCES charge_attempt (account_id, attempt_no),
    CHECK (taken_minor = CASE funds WHEN 'withdrawn' THEN amount_minor ELSE 0 END),
    CHECK ((state IN ('pending', 'needs_response', 'under_review')) = (closed_at IS NULL))
) WITH (fillfactor = 70);
-- The gateway's object is booked once, whoever tells of it and however often.
CREATE UNIQUE INDEX reversal_booked_once ON gateway_reversal (gateway, gateway_ref);
CREATE INDEX gateway_reversal_owed ON gateway_reversal (account_id) WHERE owed_minor > 0;
-- Read again day by day, and while it is a dispute its method is not charged by itself.
CREATE INDEX gateway_reversal_open ON gateway_reversal (account_id) WHERE closed_at IS NULL;
CREATE INDEX gateway_reversal_opened ON gateway_reversal (gateway, opened_at);
-- Our refunds of a day, to be compared with the gateway's.
CREATE INDEX gateway_refund_sent ON gateway_refund (gateway, sent_at) WHERE state = 'succeeded';

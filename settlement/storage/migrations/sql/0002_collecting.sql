-- Collecting from payment methods: what to charge, each try as a row that is committed before the gateway is called,
-- and what gateways say about it. No card number has a place here: a method is known by the gateway's tokens.

ALTER TYPE repayment_initiator ADD VALUE 'threshold';
ALTER TYPE repayment_initiator ADD VALUE 'sweep';
ALTER TYPE repayment_initiator ADD VALUE 'issuance';
ALTER TYPE repayment_initiator ADD VALUE 'retry';
-- collected (ref = attempt number) holds what a charge brought in for a bill that is not issued yet.
ALTER TYPE ledger_kind ADD VALUE 'collected';
ALTER TYPE ledger_kind ADD VALUE 'gateway_clearing';

CREATE TYPE method_kind AS ENUM ('bank_card', 'paypal', 'bank_transfer');
CREATE TYPE method_state AS ENUM ('unverified', 'verified', 'removed');

-- The id is that of the inbox row that added the method.
CREATE TABLE payment_method (
    id bigint PRIMARY KEY,
    account_id bigint NOT NULL REFERENCES account,
    external_id text NOT NULL CHECK (external_id <> ''),
    kind method_kind NOT NULL,
    gateway text NOT NULL,
    customer_token text NOT NULL DEFAULT '',
    method_token text NOT NULL DEFAULT '',
    threshold_minor bigint CHECK (threshold_minor > 0),
    is_default boolean NOT NULL,
    state method_state NOT NULL,
    added_at timestamptz NOT NULL,
    UNIQUE (account_id, external_id),
    CHECK ((kind = 'bank_transfer') = (gateway = '')),
    CHECK ((kind = 'bank_transfer') = (method_token = '')),
    CHECK (NOT (is_default AND state = 'removed')),
    -- A token that is only digits, of the length of a card number, is one.
    CHECK (method_token !~ '^[0-9 -]{12,23}$' AND customer_token !~ '^[0-9 -]{12,23}$')
);
CREATE UNIQUE INDEX payment_method_default ON payment_method (account_id) WHERE is_default;

-- ------------------------------------------------------------------------------------------------ charges
CREATE TYPE charge_reason AS ENUM ('threshold', 'sweep', 'issuance', 'retry');
CREATE TYPE attempt_state AS ENUM
    ('waiting', 'sent', 'unknown', 'requires_action', 'succeeded', 'declined', 'not_charged');

-- One try to charge. `reference` is the idempotency key and the name by which the gateway is asked. `next_at` says
-- when the row is looked at next: to be sent while it waits, to be asked about afterwards; null: by an operator.
CREATE TABLE charge_attempt (
    account_id bigint NOT NULL REFERENCES account,
    attempt_no integer NOT NULL CHECK (attempt_no > 0),
    reference uuid NOT NULL DEFAULT gen_random_uuid() UNIQUE,
    reason charge_reason NOT NULL,
    cycle billing_cycle NOT NULL,
    method_id bigint NOT NULL REFERENCES payment_method,
    gateway text NOT NULL CHECK (gateway <> ''),
    customer_token text NOT NULL,
    method_token text NOT NULL,
    amount_minor bigint NOT NULL CHECK (amount_minor > 0),
    currency char(3) NOT NULL,
    state attempt_state NOT NULL DEFAULT 'waiting',
    created_at timestamptz NOT NULL,
    sent_at timestamptz,
    next_at timestamptz,
    asks smallint NOT NULL DEFAULT 0,
    gateway_ref text,
    charged_minor bigint CHECK (charged_minor > 0),
    code text,
    message text,
    action_url text,
    finished_at timestamptz,
    PRIMARY KEY (account_id, attempt_no),
    CHECK ((state = 'succeeded') = (charged_minor IS NOT NULL)),
    CHECK (state IN ('waiting', 'declined', 'not_charged') OR sent_at IS NOT NULL),
    CHECK ((state IN ('succeeded', 'declined', 'not_charged')) = (finished_at IS NOT NULL))
) WITH (fillfactor = 70);
-- At most one charge of an account is under way, whoever starts it.
CREATE UNIQUE INDEX charge_in_flight ON charge_attempt (account_id)
    WHERE state IN ('waiting', 'sent', 'unknown', 'requires_action');
CREATE INDEX charge_waiting ON charge_attempt (gateway, next_at) WHERE state = 'waiting';
CREATE INDEX charge_to_ask ON charge_attempt (next_at) WHERE state IN ('sent', 'unknown', 'requires_action');
CREATE INDEX charge_gateway_ref ON charge_attempt (gateway, gateway_ref) WHERE gateway_ref IS NOT NULL;
CREATE INDEX charge_finished ON charge_attempt (gateway, finished_at) WHERE state = 'succeeded';
-- The month-end sweep deducts once.
CREATE UNIQUE INDEX charge_sweep_once ON charge_attempt (account_id, cycle) WHERE reason = 'sweep';

CREATE TABLE charge_line (
    account_id bigint NOT NULL,
    attempt_no integer NOT NULL,
    cycle billing_cycle NOT NULL,
    amount_minor bigint NOT NULL CHECK (amount_minor > 0),
    remaining_minor bigint NOT NULL DEFAULT 0 CHECK (remaining_minor >= 0),
    PRIMARY KEY (account_id, attempt_no, cycle),
    FOREIGN KEY (account_id, attempt_no) REFERENCES charge_attempt
) WITH (fillfactor = 80);
CREATE INDEX charge_line_remaining ON charge_line (account_id) WHERE remaining_minor > 0;

-- What collecting knows of an account that has, or had, a payment method. `threshold_minor` is null while no threshold
-- applies: on credit control, without a method to charge, with a charge in flight, after a decline.
CREATE TABLE collecting (
    account_id bigint PRIMARY KEY REFERENCES account,
    last_attempt_no integer NOT NULL DEFAULT 0,
    uncollected_minor bigint NOT NULL DEFAULT 0 CHECK (uncollected_minor >= 0),
    threshold_minor bigint CHECK (threshold_minor > 0),
    declining_since timestamptz,
    declined_cycle billing_cycle,
    hard boolean NOT NULL DEFAULT false,
    noticed_until timestamptz,
    due_at timestamptz,
    attempts_on date,
    attempts_that_day smallint NOT NULL DEFAULT 0,
    CHECK ((declining_since IS NULL) = (noticed_until IS NULL)),
    CHECK ((declining_since IS NULL) = (declined_cycle IS NULL))
) WITH (fillfactor = 70);
-- These hold only the accounts there is something to do for, so a tick costs what it finds.
CREATE INDEX collecting_reached ON collecting (account_id) WHERE uncollected_minor >= threshold_minor;
CREATE INDEX collecting_due ON collecting (due_at) WHERE due_at IS NOT NULL;

-- ------------------------------------------------------------------------------------------------ pre-authorization
CREATE TYPE authorization_state AS ENUM
    ('waiting', 'sent', 'unknown', 'authorized', 'voided', 'declined', 'not_charged');

-- A small amount held and let go at once, to see whether a method works. The id is that of the event that asked.
CREATE TABLE pre_authorization (
    id bigint PRIMARY KEY,
    account_id bigint NOT NULL REFERENCES account,
    method_id bigint NOT NULL REFERENCES payment_method,
    reference uuid NOT NULL DEFAULT gen_random_uuid() UNIQUE,
    product text NOT NULL DEFAULT '',
    gateway text NOT NULL CHECK (gateway <> ''),
    customer_token text NOT NULL,
    method_token text NOT NULL,
    amount_minor bigint NOT NULL CHECK (amount_minor > 0),
    currency char(3) NOT NULL,
    state authorization_state NOT NULL DEFAULT 'waiting',
    created_at timestamptz NOT NULL,
    sent_at timestamptz,
    next_at timestamptz,
    asks smallint NOT NULL DEFAULT 0,
    gateway_ref text,
    code text,
    message text,
    finished_at timestamptz,
    CHECK ((state IN ('voided', 'declined', 'not_charged')) = (finished_at IS NOT NULL)),
    CHECK (state <> 'authorized' OR gateway_ref IS NOT NULL)
);
CREATE INDEX pre_authorization_open ON pre_authorization (next_at)
    WHERE state IN ('waiting', 'sent', 'unknown', 'authorized');
CREATE INDEX pre_authorization_account ON pre_authorization (account_id);

-- ------------------------------------------------------------------------------------------------ gateways
-- When the next call to a gateway is due, counted ahead: the rate limit that all processes share.
CREATE TABLE gateway_pace (
    gateway text PRIMARY KEY,
    next_at timestamptz NOT NULL
);

CREATE TYPE gateway_event_state AS ENUM ('waiting', 'done', 'ignored');

-- Webhooks, each once, kept before anything is done about them. A hint to read the object again, never a truth.
CREATE TABLE gateway_event (
    gateway text NOT NULL,
    event_id text NOT NULL CHECK (event_id <> ''),
    type text NOT NULL,
    reference text,
    gateway_ref text,
    body text NOT NULL,
    received_at timestamptz NOT NULL,
    state gateway_event_state NOT NULL DEFAULT 'waiting',
    tries smallint NOT NULL DEFAULT 0,
    next_at timestamptz NOT NULL,
    note text,
    finished_at timestamptz,
    PRIMARY KEY (gateway, event_id)
);
CREATE INDEX gateway_event_waiting ON gateway_event (next_at) WHERE state = 'waiting';

CREATE TYPE difference_kind AS ENUM ('missing_there', 'missing_here', 'amount_differs', 'charged_twice');

-- What a gateway's books and ours disagree about. A difference that a later comparison does not find is closed.
CREATE TABLE reconciliation_difference (
    gateway text NOT NULL,
    kind difference_kind NOT NULL,
    reference text NOT NULL,
    gateway_ref text NOT NULL DEFAULT '',
    account_id bigint,
    currency char(3) NOT NULL,
    ours_minor bigint,
    theirs_minor bigint,
    found_at timestamptz NOT NULL,
    closed_at timestamptz,
    PRIMARY KEY (gateway, kind, reference, gateway_ref)
);
CREATE INDEX reconciliation_open ON reconciliation_difference (gateway) WHERE closed_at IS NULL;

CREATE TABLE reconciliation (
    gateway text NOT NULL,
    day date NOT NULL,
    since timestamptz NOT NULL,
    until timestamptz NOT NULL,
    ours integer NOT NULL,
    theirs integer NOT NULL,
    differences integer NOT NULL,
    finished_at timestamptz NOT NULL,
    PRIMARY KEY (gateway, day)
);

-- ------------------------------------------------------------------------------------------------ card numbers
-- An event about a payment method that brings what may be a card number is kept refused, with the digits taken out.
CREATE FUNCTION without_card_numbers() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    pattern constant text := '(?<![0-9A-Za-z_])[0-9](?:[ -]?[0-9]){12,18}(?![0-9A-Za-z_])';
    given text := NEW.data::text;
BEGIN
    IF given ~ pattern THEN
        -- A zero is valid JSON inside a string and outside of one.
        NEW.data := regexp_replace(given, pattern, '0', 'g')::jsonb;
        NEW.state := 'refused';
        NEW.reason_code := 'card_number';
        NEW.reason := 'data: holds what looks like a card number; send the gateway''s token for it instead';
        NEW.finished_at := clock_timestamp();
    END IF;
    RETURN NEW;
END $$;
-- Named so that it comes before `once`: what is compared with an earlier copy is what is kept.
CREATE TRIGGER card_numbers BEFORE INSERT ON inbox FOR EACH ROW
    WHEN (NEW.type LIKE 'payment\_method%') EXECUTE FUNCTION without_card_numbers();

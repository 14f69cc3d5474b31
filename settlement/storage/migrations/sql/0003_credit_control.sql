-- Credit control and the instruments: payment terms with due dates, overdue, a watch on available credit, coupons,
-- cards that expire, and refunds to the method that paid.

ALTER TYPE ledger_kind ADD VALUE 'coupon';
ALTER TYPE ledger_kind ADD VALUE 'coupon_grant';
-- What is left of a card or coupon when its validity ends.
ALTER TYPE ledger_kind ADD VALUE 'expired';
-- refunding (ref = refund number) holds money on its way back to the method that paid.
ALTER TYPE ledger_kind ADD VALUE 'refunding';

-- ------------------------------------------------------------------------------------------------ terms
CREATE TYPE settlement_cycle AS ENUM ('monthly', 'quarterly');
CREATE TYPE day_kind AS ENUM ('calendar', 'business');

-- A contract period and its term. A bill keeps what it was issued under, so a later change moves no due date.
CREATE TABLE payment_term (
    id bigint PRIMARY KEY,
    account_id bigint NOT NULL REFERENCES account,
    from_cycle billing_cycle NOT NULL,
    until_cycle billing_cycle,
    settlement_cycle settlement_cycle NOT NULL,
    period_days smallint NOT NULL CHECK (period_days BETWEEN 0 AND 365),
    day_kind day_kind NOT NULL,
    country text,
    closing_days date[] NOT NULL DEFAULT '{}',
    agreed_at timestamptz NOT NULL,
    UNIQUE (account_id, from_cycle),
    CHECK (until_cycle >= from_cycle),
    CHECK (day_kind = 'calendar' OR country IS NOT NULL)
);

-- `due_rule` says by which term and which calendar `due_on`, a local date, was computed. `overdue_at` is when the bill
-- was found overdue; it stays when the bill is paid.
ALTER TABLE bill ADD COLUMN due_on date, ADD COLUMN due_rule text, ADD COLUMN overdue_at timestamptz,
    ADD CONSTRAINT bill_due_with_rule CHECK ((due_on IS NULL) = (due_rule IS NULL)),
    ADD CONSTRAINT bill_overdue_was_due CHECK (overdue_at IS NULL OR due_on IS NOT NULL);
-- By account, so that the daily check goes through them in batches and reads none twice.
CREATE INDEX bill_due ON bill (account_id, due_on) WHERE state = 'unsettled' AND due_on IS NOT NULL;
-- How many are overdue is asked often, and few are.
CREATE INDEX bill_overdue ON bill (account_id, cycle) WHERE state = 'unsettled' AND overdue_at IS NOT NULL;

-- Up to which account a job that works in batches has come.
ALTER TABLE schedule_slot ADD COLUMN after_account bigint NOT NULL DEFAULT 0;

-- ------------------------------------------------------------------------------------------------ credit watch
-- Accounts whose available credit is watched. `low_since` is set while it is below the line; `said` and `said_on` count
-- the announcements of this time below, one a local day.
CREATE TABLE credit_watch (
    account_id bigint PRIMARY KEY REFERENCES account,
    line_minor bigint NOT NULL,
    low_since timestamptz,
    said smallint NOT NULL DEFAULT 0,
    said_on date,
    CHECK ((low_since IS NULL) = (said_on IS NULL))
) WITH (fillfactor = 70);
CREATE INDEX credit_watch_low ON credit_watch (account_id) WHERE low_since IS NOT NULL;

-- ------------------------------------------------------------------------------------------------ coupons, cards
CREATE TYPE coupon_kind AS ENUM ('amount_off', 'single_use');

-- Takes its amount off bills at the moment they are issued: an amount-off coupon until it is used up, a single-use one
-- from one bill, after which the rest lapses.
CREATE TABLE coupon (
    id bigint PRIMARY KEY,
    account_id bigint NOT NULL REFERENCES account,
    external_id text NOT NULL CHECK (external_id <> ''),
    kind coupon_kind NOT NULL,
    balance_minor bigint NOT NULL CHECK (balance_minor >= 0),
    valid_from timestamptz NOT NULL,
    valid_until timestamptz NOT NULL,
    granted_at timestamptz NOT NULL,
    UNIQUE (account_id, external_id),
    CHECK (valid_from < valid_until)
);
CREATE INDEX coupon_open ON coupon (account_id) WHERE balance_minor > 0;
CREATE INDEX coupon_expiring ON coupon (valid_until) WHERE balance_minor > 0;
CREATE INDEX stored_value_card_expiring ON stored_value_card (valid_until) WHERE balance_minor > 0;

-- ------------------------------------------------------------------------------------------------ refunds
CREATE TYPE refund_state AS ENUM ('waiting', 'sent', 'unknown', 'under_way', 'succeeded', 'failed');

-- What is given back to the payment methods that paid, charge by charge; what cannot go back becomes cash.
-- `reference` is the idempotency key and the name by which the gateway is asked. `next_at` says when the row is looked
-- at next: to be sent while it waits, to be asked about afterwards, also for a while after it succeeded; null: no more.
CREATE TABLE gateway_refund (
    account_id bigint NOT NULL REFERENCES account,
    refund_no integer NOT NULL CHECK (refund_no > 0),
    reference uuid NOT NULL DEFAULT gen_random_uuid() UNIQUE,
    inbox_id bigint NOT NULL,
    attempt_no integer NOT NULL,
    gateway text NOT NULL CHECK (gateway <> ''),
    charge_ref text NOT NULL CHECK (charge_ref <> ''),
    amount_minor bigint NOT NULL CHECK (amount_minor > 0),
    currency char(3) NOT NULL,
    state refund_state NOT NULL DEFAULT 'waiting',
    created_at timestamptz NOT NULL,
    sent_at timestamptz,
    next_at timestamptz,
    asks smallint NOT NULL DEFAULT 0,
    gateway_ref text,
    code text,
    message text,
    finished_at timestamptz,
    PRIMARY KEY (account_id, refund_no),
    FOREIGN KEY (account_id, attempt_no) REFERENCES charge_attempt (account_id, attempt_no),
    CHECK (state IN ('waiting', 'failed') OR sent_at IS NOT NULL),
    CHECK (state NOT IN ('under_way', 'succeeded') OR gateway_ref IS NOT NULL),
    CHECK ((state IN ('succeeded', 'failed')) = (finished_at IS NOT NULL))
) WITH (fillfactor = 70);
CREATE INDEX gateway_refund_waiting ON gateway_refund (gateway, next_at) WHERE state = 'waiting';
CREATE INDEX gateway_refund_to_ask ON gateway_refund (gateway, next_at) WHERE state <> 'waiting' AND next_at IS NOT NULL;
CREATE INDEX gateway_refund_gateway_ref ON gateway_refund (gateway, gateway_ref) WHERE gateway_ref IS NOT NULL;
-- How many are on their way is asked often, and few are.
CREATE INDEX gateway_refund_on_its_way ON gateway_refund (account_id) WHERE finished_at IS NULL;

-- Given back, or on its way back.
ALTER TABLE charge_attempt ADD COLUMN refunded_minor bigint NOT NULL DEFAULT 0,
    ADD CONSTRAINT charge_refunded CHECK (refunded_minor BETWEEN 0 AND coalesce(charged_minor, 0));
CREATE INDEX charge_refundable ON charge_attempt (account_id, attempt_no)
    WHERE state = 'succeeded' AND refunded_minor < charged_minor;

-- ------------------------------------------------------------------------------------------------ collecting
-- A try after a decline whose time has come and that a hold, a charge in flight or the day's limit keeps from being made.
ALTER TABLE collecting ADD COLUMN retry_owed boolean NOT NULL DEFAULT false,
    ADD CONSTRAINT collecting_retry_after_decline CHECK (NOT retry_owed OR declining_since IS NOT NULL);

-- ------------------------------------------------------------------------------------------------ reconciliation
-- By when they were sent, as the gateway's own list goes. The index by when they ended served nothing.
CREATE INDEX charge_sent ON charge_attempt (gateway, sent_at);
DROP INDEX charge_finished;

-- ------------------------------------------------------------------------------------------------ card numbers
-- In events of every other type: what is named like a card number and is one by its check digit. The contract has no
-- field of such a name, so nothing that would be accepted is refused by this; ids, amounts and names stay as they are.
CREATE FUNCTION is_card_number(given text) RETURNS boolean LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT CASE WHEN digits !~ '^[0-9]{13,19}$' THEN false ELSE (
        SELECT sum(CASE WHEN (length(digits) - n) % 2 = 1 THEN d * 2 / 10 + d * 2 % 10 ELSE d END) % 10 = 0
        FROM generate_series(1, length(digits)) AS n, LATERAL (SELECT CAST(substr(digits, n, 1) AS integer)) AS v (d))
        END
    FROM (SELECT regexp_replace(given, '[ -]', '', 'g')) AS g (digits)
$$;
CREATE FUNCTION without_named_card_numbers() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    found text;
    given text := NEW.data::text;
BEGIN
    FOR found IN
        SELECT e #>> '{}' FROM jsonb_path_query(NEW.data, '$.** ? (@.type() == "object")') AS o, jsonb_each(o) AS f,
            jsonb_path_query(f.value, '$[*] ? (@.type() == "string" || @.type() == "number")') AS e
        WHERE f.key ~* '(number|card_?no|^pan$|_pan$|^pan_)' AND is_card_number(e #>> '{}')
    LOOP
        given := replace(given, found, '0');
        NEW.state := 'refused';
        NEW.reason_code := 'card_number';
        NEW.reason := 'data: holds what looks like a card number; send the gateway''s token for it instead';
        NEW.finished_at := clock_timestamp();
    END LOOP;
    NEW.data := given::jsonb;
    RETURN NEW;
END $$;
CREATE TRIGGER card_numbers_named BEFORE INSERT ON inbox FOR EACH ROW
    -- Digits in a row first: that is quick, and most events have none.
    WHEN (NEW.type NOT LIKE 'payment\_method%' AND NEW.data::text ~ '[0-9][0-9 -]{11}'
        AND NEW.data::text ~* '(number|card_?no|pan)[^"]*": \[?"?[0-9]')
    EXECUTE FUNCTION without_named_card_numbers();

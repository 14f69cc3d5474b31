-- What a second person has to approve, and what became of what people did without an event.

-- An act of the console that is no event has its outcome here; one that a second person approved names them.
ALTER TABLE console_act ADD COLUMN outcome text, ADD COLUMN approved_by text;

-- Who signs in at an identity provider: its issuer and what it calls the user there.
ALTER TABLE console_user ADD COLUMN subject text UNIQUE CHECK (subject <> '');

-- An act that moves more than one person may move alone. `figures` is what was shown to who asked for it; it is
-- compared again by the plan when somebody approves. `event_id` is that of the event that it becomes, made with the form.
CREATE TABLE console_request (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    event_id text NOT NULL UNIQUE,
    made_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires_at timestamptz NOT NULL,
    maker text NOT NULL REFERENCES console_user,
    role text NOT NULL,
    action text NOT NULL,
    account text NOT NULL,
    data jsonb NOT NULL,
    reason text,
    amount_minor bigint NOT NULL CHECK (amount_minor > 0),
    currency char(3) NOT NULL REFERENCES currency,
    figures jsonb NOT NULL,
    state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'approved', 'declined', 'withdrawn')),
    decided_by text REFERENCES console_user,
    decided_at timestamptz,
    decision_reason text,
    CHECK ((state = 'waiting') = (decided_at IS NULL)),
    CHECK ((decided_at IS NULL) = (decided_by IS NULL)),
    CHECK (state <> 'approved' OR decided_by <> maker),
    CHECK (state <> 'withdrawn' OR decided_by = maker)
);
CREATE INDEX console_request_waiting ON console_request (id) WHERE state = 'waiting';

-- Sums over all bills, counted now and then, so that nobody who looks at them waits for a million bills to be read.

CREATE TABLE bill_sums (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    counted_at timestamptz NOT NULL,
    took_s double precision NOT NULL CHECK (took_s >= 0),
    -- Lists of [cycle, currency, state, bills, payable, paid], amounts in minor units,
    months jsonb NOT NULL,
    -- of unsettled bills [currency, due date or null, bills, outstanding],
    dues jsonb NOT NULL,
    -- and of what paid bills [cycle, currency, source, paid].
    sources jsonb NOT NULL
);

-- When an event arrived is told by the clock that everything here goes by: the test clock where one is set.
CREATE FUNCTION settle_now() RETURNS timestamptz LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public AS $$
    SELECT coalesce((SELECT now_at FROM test_clock), clock_timestamp())
$$;
-- The date of the last inflow into any fund of the account: nothing pays from them earlier.
ALTER TABLE account ADD COLUMN funds_since timestamptz;
ALTER TABLE inbox ALTER COLUMN received_at SET DEFAULT settle_now();

-- A sweep that never happened is made anew and is a sweep again, so a month may have several charges of one; that only
-- one of them is in flight is seen to by charge_in_flight. Rule: R3.3e.
DROP INDEX charge_sweep_once;
CREATE INDEX charge_swept ON charge_attempt (account_id, cycle) WHERE reason = 'sweep';

-- An object of a gateway is booked once, for one charge: whoever named it, and however often. Rule: R5.6c.

CREATE UNIQUE INDEX charge_booked_once ON charge_attempt (gateway, gateway_ref) WHERE state = 'succeeded';

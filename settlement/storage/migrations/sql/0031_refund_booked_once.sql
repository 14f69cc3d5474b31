-- The gateway's object of a refund is of one refund here, whoever tells of it: as of charges and reversals.
DROP INDEX gateway_refund_gateway_ref;
CREATE UNIQUE INDEX refund_booked_once ON gateway_refund (gateway, gateway_ref) WHERE gateway_ref IS NOT NULL;

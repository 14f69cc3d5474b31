-- Deliveries that are over are forgotten endpoint by endpoint: those of a paused one are not walked over. Rule: R13.3i.
CREATE INDEX webhook_delivery_old ON webhook_delivery (endpoint_id, delivered_at) WHERE delivered_at IS NOT NULL;
DROP INDEX webhook_delivery_over;

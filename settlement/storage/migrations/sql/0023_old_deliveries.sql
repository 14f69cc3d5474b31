-- Deliveries that are over are forgotten after a while, the oldest first. Rule: R13.3i.
CREATE INDEX webhook_delivery_over ON webhook_delivery (delivered_at) WHERE delivered_at IS NOT NULL;

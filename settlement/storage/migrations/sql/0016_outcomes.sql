-- What became of an event reaches its sender, whichever ingress it came by. Rule: R13.1.

-- Who inserted a row: of a sender by SQL its role, of every other the worker's.
ALTER TABLE inbox ADD COLUMN sent_by text;
ALTER TABLE inbox ALTER COLUMN sent_by SET DEFAULT current_user;

-- An event that is refused or parked is announced where that is written, by whatever statement: an ingress that refuses a
-- bad shape, an id that is taken, a plan, an attempt too many. Events that are done pass the condition and no function.
CREATE FUNCTION announce_set_aside() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
    INSERT INTO outbox (account_id, topic, payload, correlation_id, created_at)
    VALUES (coalesce((SELECT id FROM account WHERE external_id = NEW.account), 0), 'event.' || NEW.state,
            jsonb_build_object('account', NEW.account, 'source', NEW.source, 'event_id', NEW.event_id, 'type', NEW.type,
                               'code', NEW.reason_code, 'reason', NEW.reason),
            coalesce(NEW.correlation_id, NEW.source || '/' || NEW.event_id),
            coalesce(NEW.finished_at, clock_timestamp()));
    RETURN NULL;
END $$;
CREATE TRIGGER announced_on_arrival AFTER INSERT ON inbox FOR EACH ROW
    WHEN (NEW.state IN ('refused', 'parked')) EXECUTE FUNCTION announce_set_aside();
CREATE TRIGGER announced AFTER UPDATE OF state ON inbox FOR EACH ROW
    WHEN (NEW.state IN ('refused', 'parked') AND OLD.state NOT IN ('refused', 'parked')) EXECUTE FUNCTION announce_set_aside();

-- A sender by SQL sees here what it inserted itself and nothing else, whatever it asks. One branch for each of the two
-- indexes by which an event is found. `paid`: bills of the event's account that were paid at once, each with the amount.
CREATE VIEW event_outcome WITH (security_barrier) AS
    SELECT i.id, i.source, i.event_id, i.type, i.account, i.state, i.reason_code AS code, i.reason, i.received_at,
           i.finished_at, p.paid
    FROM (SELECT * FROM inbox WHERE conflict_of IS NULL UNION ALL SELECT * FROM inbox WHERE conflict_of IS NOT NULL) AS i
    CROSS JOIN LATERAL (
        SELECT coalesce(jsonb_object_agg(
                   i.account || ':' || to_char(r.cycle / 100, 'FM0000') || '-' || to_char(r.cycle % 100, 'FM00'),
                   CAST(round(r.amount_minor / power(CAST(10 AS numeric), c.exponent), c.exponent) AS text)), '{}') AS paid
        FROM account a JOIN repayment r ON r.account_id = a.id JOIN currency c ON c.code = r.currency
        WHERE a.external_id = i.account AND r.cause = 'event:' || i.id AND i.state = 'done') AS p
    WHERE i.sent_by = current_user;

-- Senders: the envelope of an event holds at the SQL ingress too, where no program of ours has looked at it. Every other
-- ingress has checked it, and keeps what it refuses: rows that say so come from none but the worker. A key twice in one
-- object cannot come up: jsonb holds each once.
CREATE FUNCTION refuse_envelope() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'event refused: its envelope breaks the contract' USING ERRCODE = 'check_violation',
        HINT = 'source and event_id: 1 to 200 characters, type and account up to 100 and 200, none of them control or '
               'direction characters; data: up to 4,000,000 bytes. See docs/events.md.';
END $$;
CREATE TRIGGER envelope BEFORE INSERT ON inbox FOR EACH ROW
    WHEN (NEW.door = 'sql' AND NEW.state = 'waiting' AND (
        length(NEW.source) NOT BETWEEN 1 AND 200 OR length(NEW.event_id) NOT BETWEEN 1 AND 200
        OR length(NEW.type) NOT BETWEEN 1 AND 100 OR length(NEW.account) > 200
        OR length(NEW.correlation_id) NOT BETWEEN 1 AND 200
        OR btrim(NEW.source) = '' OR btrim(NEW.event_id) = ''
        OR concat(NEW.source, NEW.event_id, NEW.type, NEW.account, NEW.correlation_id)
            ~ '[\u0001-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]'
        OR octet_length(NEW.data::text) > 4000000))
    EXECUTE FUNCTION refuse_envelope();

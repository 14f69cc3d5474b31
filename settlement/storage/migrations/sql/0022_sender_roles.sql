-- A database role per sender: what is said of a sender holds at the SQL ingress too, where the database itself refuses.
-- Rule: R12.1c.

ALTER TABLE sender ADD COLUMN role text UNIQUE CHECK (length(role) BETWEEN 1 AND 63);

-- `sent_by` is the role that inserts, and no sender may write it. A source without a role of its own may come from any
-- role that has none either, as before. A name that ends in `*` stands for all that begin so.
CREATE FUNCTION refuse_sender() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
DECLARE
    own sender%ROWTYPE;
    why text;
BEGIN
    SELECT * INTO own FROM sender WHERE role = NEW.sent_by;
    IF NOT FOUND THEN
        IF EXISTS (SELECT 1 FROM sender WHERE source = NEW.source AND role IS NOT NULL) THEN
            why := format('source %s is not role %s', NEW.source, NEW.sent_by);
        END IF;
    ELSIF own.source <> NEW.source THEN
        why := format('role %s sends as source %s, not as %s', own.role, own.source, NEW.source);
    ELSIF own.ended_at IS NOT NULL THEN
        why := format('source %s has been ended', own.source);
    ELSIF NOT NEW.type = ANY (own.event_types) THEN
        why := format('source %s may send %s, not %s', own.source, array_to_string(own.event_types, ', '), NEW.type);
    ELSIF own.accounts IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM unnest(own.accounts) AS name
        WHERE name = NEW.account OR (right(name, 1) = '*' AND starts_with(NEW.account, left(name, -1)))) THEN
        why := format('source %s may send nothing about account %s', own.source, NEW.account);
    END IF;
    IF why IS NOT NULL THEN
        RAISE EXCEPTION 'event refused: %', why USING ERRCODE = 'insufficient_privilege',
            HINT = '`settle senders add` says what a source may send, and by which role.';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER sender BEFORE INSERT ON inbox FOR EACH ROW WHEN (NEW.door = 'sql') EXECUTE FUNCTION refuse_sender();

-- Long events: what looks into an event that arrives takes a time that grows with its length, and no faster.

-- What looks like a card number in the text of an event, each taken out in one pass: as many as there are.
CREATE FUNCTION without_long_numbers(given text) RETURNS text LANGUAGE sql IMMUTABLE STRICT AS $$
    -- A zero is valid JSON inside a string and outside of one. What stands before a number is matched with it: looking
    -- back from each one would read the text from its beginning every time.
    SELECT regexp_replace(given, '(^|[^0-9A-Za-z_])[0-9](?:[ -]*[0-9]){12,18}(?![0-9A-Za-z_])', '\10', 'g')
$$;

CREATE OR REPLACE FUNCTION without_card_numbers() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    given text := NEW.data::text;
BEGIN
    IF given ~ '(^|[^0-9A-Za-z_])[0-9](?:[ -]?[0-9]){12,18}(?![0-9A-Za-z_])' THEN
        NEW.data := without_long_numbers(given)::jsonb;
        NEW.state := 'refused';
        NEW.reason_code := 'card_number';
        NEW.reason := 'data: holds what looks like a card number; send the gateway''s token for it instead';
        NEW.finished_at := clock_timestamp();
    END IF;
    RETURN NEW;
END $$;

-- An event that names one is refused already: whatever else in it looks like one goes with it.
CREATE OR REPLACE FUNCTION without_named_card_numbers() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    given text := NEW.data::text;
BEGIN
    -- No event of the contract is nested half as deep. Below this nothing is looked up by its name, since every level
    -- would copy all that it holds: what looks like a card number in such an event counts as one.
    IF jsonb_path_exists(NEW.data, '$.**{17}') AND without_long_numbers(given) <> given OR EXISTS (
        SELECT 1
        FROM jsonb_path_query(NEW.data, '$.**{0 to 16} ? (@.type() == "object")') AS o, jsonb_each(o) AS f,
            jsonb_path_query(f.value, '$[*] ? (@.type() == "string" || @.type() == "number")') AS e
        WHERE f.key ~* '(number|card_?no|^pan$|_pan$|^pan_)' AND is_card_number(e #>> '{}'))
    THEN
        NEW.data := without_long_numbers(given)::jsonb;
        NEW.state := 'refused';
        NEW.reason_code := 'card_number';
        NEW.reason := 'data: holds what looks like a card number; send the gateway''s token for it instead';
        NEW.finished_at := clock_timestamp();
    END IF;
    RETURN NEW;
END $$;

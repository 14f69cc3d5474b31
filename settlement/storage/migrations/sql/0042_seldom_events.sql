-- An audit asks in a dozen places for all accepted events of a type that comes seldom, and read the whole inbox for each.
-- Of the types that come with every account, every payment and every hour nothing is kept here, nor is anything of an
-- event that waits. Rule: R11.2.
CREATE INDEX IF NOT EXISTS inbox_seldom ON inbox (type)
    WHERE state = 'done' AND type <> 'fees' AND type <> 'top_up' AND type <> 'account_opened';

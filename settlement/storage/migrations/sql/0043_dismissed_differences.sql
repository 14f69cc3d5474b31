-- Some differences never go away by themselves: a gateway lists for ever what it took twice, also after it gave that
-- back. A person says how such a one was dealt with. Rule: R5.7f.
ALTER TABLE reconciliation_difference ADD COLUMN IF NOT EXISTS dismissed_by text,
    ADD COLUMN IF NOT EXISTS dismissed_because text;
ALTER TABLE reconciliation_difference DROP CONSTRAINT IF EXISTS difference_dismissed,
    ADD CONSTRAINT difference_dismissed CHECK (num_nulls(dismissed_by, dismissed_because) IN (0, 2));

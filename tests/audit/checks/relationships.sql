-- What settlement/audit/checks/relationships.py must find, planted in the full month: faults by the owner of the tables, and lies
-- that the worker's role can write. Each has the name of the check that must find it; others may notice it too.

-- fault: relationships_of_one_level
INSERT INTO billing_relationship (id, main_id, member_id, state, requested_at)
VALUES (99003, pg_temp.of('poor'), pg_temp.of('rich'), 'pending', '2026-11-03');

-- lie: relationships_as_agreed (a member that never agreed)
INSERT INTO billing_relationship (id, main_id, member_id, state, requested_at, valid_at)
VALUES (99003, pg_temp.of('rich'), pg_temp.of('poor'), 'valid', '2026-11-03', '2026-11-03');

-- lie: relationships_as_agreed (a relationship that nobody ended)
UPDATE billing_relationship SET state = 'ended', ended_at = '2026-11-04';

"""The audit's questions about billing relationships. Rule: R9.1."""

from __future__ import annotations

from settlement.audit.check import Check

RELATIONSHIPS = (
    Check(
        "relationships_of_one_level",
        "R9.1b",
        "No account is a member and a main account at once, and both sides keep the same currency.",
        """
        SELECT r.member_id AS account_id, r.main_id AS main_account, r.state
        FROM billing_relationship r JOIN account m ON m.id = r.member_id JOIN account p ON p.id = r.main_id
        WHERE r.state <> 'ended'
          AND (p.currency <> m.currency
               OR EXISTS (SELECT 1 FROM billing_relationship o
                          WHERE o.state <> 'ended' AND o.member_id = r.main_id))""",
    ),
    Check(
        "relationships_as_agreed",
        "R9.1a",
        "Every billing relationship was requested by an event of its main account, and is pending, valid or ended as "
        "the two accounts said last; what ended before it is ended.",
        """
        SELECT r.member_id AS account_id, m.external_id AS main_account, r.state, s.said
        FROM (SELECT *, row_number() OVER (PARTITION BY main_id, member_id ORDER BY requested_at DESC, id DESC) AS nth
              FROM billing_relationship) AS r
        JOIN account m ON m.id = r.main_id JOIN account n ON n.id = r.member_id
        LEFT JOIN inbox i ON i.id = r.id AND i.state = 'done' AND i.type = 'relationship_requested'
            AND i.account = m.external_id AND i.data->>'member' = n.external_id
        LEFT JOIN (
            SELECT DISTINCT ON (one, other) one, other,
                   CASE type WHEN 'relationship_requested' THEN 'pending' WHEN 'relationship_accepted' THEN 'valid'
                             ELSE 'ended' END AS said
            FROM (SELECT type, finished_at, id, least(account, data->>'member', data->>'main', data->>'other') AS one,
                         greatest(account, data->>'member', data->>'main', data->>'other') AS other
                  FROM inbox WHERE state = 'done' AND type IN ('relationship_requested', 'relationship_accepted',
                                                               'relationship_ended')) AS acts
            ORDER BY one, other, finished_at DESC, id DESC) AS s
            ON s.one = least(m.external_id, n.external_id) AND s.other = greatest(m.external_id, n.external_id)
        WHERE i.id IS NULL OR CASE WHEN r.nth > 1 THEN r.state <> 'ended'
                                   ELSE CAST(r.state AS text) IS DISTINCT FROM s.said END""",
        whole=True,
    ),
)

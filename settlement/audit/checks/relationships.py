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
)

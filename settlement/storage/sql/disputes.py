"""Which tokens at gateways have an open dispute, as a part of statements. Rule: R5.9e."""

from __future__ import annotations

# By token, since a method may be added again by another name, or to another account. A dispute is open while it is a
# row of a small index, which is read once a statement.
DISPUTED = """(
    SELECT t.gateway, t.method_token, count(*) AS disputes
    FROM gateway_reversal r JOIN charge_attempt t USING (account_id, attempt_no)
    WHERE r.closed_at IS NULL AND r.kind = 'dispute' GROUP BY t.gateway, t.method_token)"""
# Of a method `m`, beside `DISPUTED AS d`.
SAME_CARD = "(d.gateway, d.method_token) = (m.gateway, m.method_token)"
OPEN_DISPUTES = "coalesce(d.disputes, 0)"

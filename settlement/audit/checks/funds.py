"""The audit's questions about cards, coupons and credit refunds: each is as it was granted. Rule: R4.6, R4.7, R7.1."""

from __future__ import annotations

from settlement.audit.check import Check, cycle_in, instant_in


def _same_names(stored: str, given: str) -> str:
    """Whether a list of names is the list of the event, in any order; or there is none in either."""
    one, other = f"coalesce(to_jsonb({stored}), 'null')", f"coalesce({given}, 'null')"
    return f"({one} @> {other} AND {one} <@ {other})"


FUNDS = (
    Check(
        "funds_as_granted",
        "R11.2e",
        "Every card, coupon and credit refund is for what, and for when, its event granted it.",
        f"""
        SELECT f.account_id, f.kind, f.id, f.what FROM (
            SELECT c.account_id, 'card' AS kind, c.id, concat_ws(', ',
                       CASE WHEN c.external_id IS DISTINCT FROM i.data->>'card' THEN 'name' END,
                       CASE WHEN c.valid_from <> {instant_in("i.data->>'valid_from'")}
                              OR c.valid_until <> {instant_in("i.data->>'valid_until'")} THEN 'validity' END,
                       CASE WHEN NOT {_same_names("c.products", "i.data->'products'")} THEN 'products' END,
                       CASE WHEN NOT {_same_names("c.orders", "i.data->'orders'")} THEN 'orders' END) AS what
            FROM stored_value_card c LEFT JOIN inbox i ON i.id = c.id
            UNION ALL
            SELECT k.account_id, 'coupon', k.id, concat_ws(', ',
                       CASE WHEN k.external_id IS DISTINCT FROM i.data->>'coupon' THEN 'name' END,
                       CASE WHEN CAST(k.kind AS text) IS DISTINCT FROM i.data->>'kind' THEN 'kind' END,
                       CASE WHEN k.valid_from <> {instant_in("i.data->>'valid_from'")}
                              OR k.valid_until <> {instant_in("i.data->>'valid_until'")} THEN 'validity' END)
            FROM coupon k LEFT JOIN inbox i ON i.id = k.id
            UNION ALL
            -- Of the month that the event names, or of that in which it was booked, wherever in the world.
            SELECT r.account_id, 'refund', r.id,
                   CASE WHEN r.cycle <> {cycle_in("i.data->>'cycle'")}
                          OR (i.data->>'cycle' IS NULL AND CAST(r.cycle AS text) NOT IN (
                              to_char(r.granted_at AT TIME ZONE 'UTC' - interval '12 hours', 'YYYYMM'),
                              to_char(r.granted_at AT TIME ZONE 'UTC' + interval '14 hours', 'YYYYMM')))
                        THEN 'month' END
            FROM credit_refund r LEFT JOIN inbox i ON i.id = r.id) AS f
        WHERE f.what <> ''""",
        whole=True,
    ),
)

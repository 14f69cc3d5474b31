"""The audit's questions about collection: where it stands is what its bills and charges say. Rule: R5.2."""

from __future__ import annotations

from settlement.audit.check import ANNOUNCEMENTS_SINCE, MINOR_UNITS, Check

_HOUR, _SOON = "interval '1 hour'", "CAST(:at AS timestamptz) + interval '1 hour'"
# The charges that a day may see only so many of.
_COUNTED = "t.reason IN ('threshold', 'retry')"


def _days(number: str) -> str:
    return f"make_interval(days => {number})"


def _day(instant: str, shift: str) -> str:
    return f"CAST({instant} AT TIME ZONE 'UTC' {shift} AS date)"


COLLECTION = (
    Check(
        "uncollected_fees",
        "R5.2a",
        "What is not collected yet is what accrues, month by month, less what charges brought in for it or may bring.",
        f"""
        SELECT c.account_id, c.uncollected_minor AS stored_minor, coalesce(f.minor, 0) AS fees_minor
        FROM collecting c LEFT JOIN (
            SELECT b.account_id, sum(greatest(0, greatest(0, floor((b.accrued + b.carried_in) * k.minor))
                                                 - coalesce(h.minor, 0))) AS minor
            FROM collecting m JOIN bill b ON b.account_id = m.account_id AND b.state = 'accruing'
            JOIN {MINOR_UNITS} AS k ON k.code = b.currency
            LEFT JOIN (
                SELECT l.account_id, l.cycle,
                       sum(CASE WHEN t.state = 'succeeded' THEN l.remaining_minor ELSE l.amount_minor END) AS minor
                FROM charge_line l JOIN charge_attempt t USING (account_id, attempt_no)
                WHERE t.state = 'succeeded' OR (t.state IN ('waiting', 'sent', 'unknown') AND t.reason <> 'manual')
                GROUP BY l.account_id, l.cycle) AS h ON h.account_id = b.account_id AND h.cycle = b.cycle
            GROUP BY b.account_id) AS f ON f.account_id = c.account_id
        WHERE c.uncollected_minor <> coalesce(f.minor, 0)""",
    ),
    # What was declined may have been taken after all; a suspension then began with an attempt that has succeeded.
    Check(
        "collection_status",
        "R5.4",
        "Whoever has a payment method is collected from: charges are numbered on, none starts by itself beside another "
        "one or after a decline, and a decline is followed until nothing is owed.",
        """
        SELECT account_id, what FROM (
            SELECT coalesce(c.account_id, m.account_id) AS account_id, CASE
                WHEN c.account_id IS NULL THEN 'a method, and nothing of collection'
                WHEN m.account_id IS NULL THEN 'collection without a method'
                WHEN c.last_attempt_no < t.last_no THEN 'numbers of charges'
                WHEN c.threshold_minor IS NOT NULL AND (a.credit_control OR t.in_flight OR m.chargeable IS NOT true
                                                        OR c.declining_since IS NOT NULL) THEN 'threshold'
                WHEN (c.declining_since IS NULL) <> (c.declined_cycle IS NULL)
                  OR (c.declining_since IS NULL) <> (c.noticed_until IS NULL)
                  OR (c.declining_since IS NULL AND (c.hard OR c.retry_owed)) THEN 'decline in part'
                WHEN c.declining_since IS NOT NULL AND NOT EXISTS (
                    SELECT 1 FROM charge_attempt d
                    WHERE d.account_id = c.account_id AND d.reason <> 'manual' AND d.created_at <= c.declining_since
                      AND d.finished_at >= c.declining_since) THEN 'decline that never was'
                WHEN c.declining_since IS NULL AND t.last_state = 'declined' AND NOT EXISTS (
                    SELECT 1 FROM outbox o WHERE o.account_id = c.account_id AND o.topic = 'account.resumed'
                      AND o.created_at >= t.last_finished_at) THEN 'decline forgotten' END AS what
            FROM collecting c
            FULL JOIN (SELECT account_id, bool_or(is_default AND kind <> 'bank_transfer') AS chargeable
                       FROM payment_method GROUP BY account_id) AS m ON m.account_id = c.account_id
            LEFT JOIN account a ON a.id = c.account_id
            LEFT JOIN (
                SELECT account_id, max(attempt_no) AS last_no,
                       bool_or(state IN ('waiting', 'sent', 'unknown', 'requires_action')) AS in_flight,
                       (array_agg(state ORDER BY attempt_no DESC) FILTER (WHERE reason <> 'manual'))[1] AS last_state,
                       (array_agg(finished_at ORDER BY attempt_no DESC) FILTER (WHERE reason <> 'manual'))[1]
                           AS last_finished_at
                FROM charge_attempt GROUP BY account_id) AS t ON t.account_id = c.account_id) AS found
        WHERE what IS NOT NULL""",
    ),
    Check(
        "collection_threshold",
        "R5.1",
        "The threshold at which an account is charged by itself is that of its default method, by the settings of some "
        "time; where nothing stands in the way of a charge there is one.",
        """
        SELECT c.account_id, c.threshold_minor, m.threshold_minor AS method_minor, m.external_id AS method
        FROM collecting c JOIN account a ON a.id = c.account_id
        LEFT JOIN payment_method m ON m.account_id = c.account_id AND m.is_default
        LEFT JOIN jsonb_to_recordset(CAST(:settings AS jsonb)->'thresholds')
            AS k (currency char(3), minors jsonb, always boolean) ON k.currency = a.currency
        WHERE CASE
              WHEN c.threshold_minor IS NULL
              THEN a.parked_at IS NULL AND NOT a.credit_control AND c.declining_since IS NULL
                  AND CASE m.kind WHEN 'paypal' THEN m.threshold_minor IS NOT NULL WHEN 'bank_card' THEN k.always END
                  AND c.attempts_that_day < CAST(CAST(:settings AS jsonb)->>'attempts_per_day' AS integer)
                  AND NOT EXISTS (
                      SELECT 1 FROM charge_attempt t WHERE t.account_id = c.account_id
                        AND t.state IN ('waiting', 'sent', 'unknown', 'requires_action'))
                  -- Of whichever account the charge was: while it is disputed nothing is charged on that token.
                  AND NOT EXISTS (
                      SELECT 1 FROM gateway_reversal r JOIN charge_attempt t USING (account_id, attempt_no)
                      WHERE r.kind = 'dispute' AND t.gateway = m.gateway AND t.method_token = m.method_token)
              WHEN m.kind = 'paypal' THEN c.threshold_minor IS DISTINCT FROM m.threshold_minor
              ELSE (k.minors @> to_jsonb(c.threshold_minor)) IS NOT true END""",
        whole=True,
    ),
    # Whatever the billing zone is, and whatever its clocks were moved by in between. Databases from before suspensions
    # were kept have those that were announced then in the outbox alone.
    Check(
        "collection_pace",
        "R5.4",
        "How often an account was charged on its last day, which months it declined, up to when that was followed up, "
        "since when it is suspended and when it is looked at next agree with its charges and announcements.",
        f"""
        SELECT account_id, what, declining_since, noticed_until, suspended_at, due_at FROM (
            SELECT c.*, CASE
                WHEN c.last_attempt_no = t.attempts AND CASE
                    WHEN t.last_at IS NULL THEN c.attempts_on IS NOT NULL OR c.attempts_that_day <> 0
                    ELSE (c.attempts_on BETWEEN {_day("t.last_at", "- interval '12 hours'")}
                                            AND {_day("t.last_at", "+ interval '14 hours'")}) IS NOT true
                         OR c.attempts_that_day NOT BETWEEN 1 AND t.that_day END THEN 'charges of a day'
                WHEN c.declined_cycle > t.latest OR c.declined_cycle < t.declined THEN 'months'
                WHEN c.noticed_until < c.declining_since OR c.noticed_until > {_SOON} THEN 'followed up'
                WHEN c.suspended_at IS NULL
                THEN CASE WHEN c.stage_at IS NOT NULL AND c.noticed_until > c.declining_since + {_HOUR}
                               + {_days("(SELECT max(CAST(d AS integer)) FROM jsonb_array_elements_text(s.suspend) d)")}
                          THEN 'not suspended' END
                WHEN c.declining_since IS NULL OR c.suspended_at > c.noticed_until + {_HOUR} OR NOT EXISTS (
                    SELECT 1 FROM jsonb_array_elements_text(s.suspend) AS d
                    WHERE c.suspended_at - c.declining_since - {_days("CAST(d AS integer)")}
                          BETWEEN -{_HOUR} AND {_HOUR}) THEN 'suspended' END AS wrong,
                CASE WHEN c.stage_at IS NOT NULL AND o.created_at IS NULL
                          AND (c.stage_at < {ANNOUNCEMENTS_SINCE}) IS NOT true THEN 'stage'
                     WHEN c.due_at IS NULL AND n.is_left AND a.parked_at IS NULL THEN 'never looked at'
                     WHEN c.due_at > greatest(CAST(:at AS timestamptz) + interval '1 day', CASE
                         WHEN n.is_left THEN n.latest ELSE c.declining_since + {_days("s.last_day")} END) + {_HOUR}
                     THEN 'looked at late' END AS late
            FROM collecting c JOIN account a ON a.id = c.account_id
            CROSS JOIN (SELECT v->'suspend_days' AS suspend, v->'notice_days' AS notices,
                               CAST(v->>'last_day' AS integer) AS last_day
                        FROM (SELECT CAST(:settings AS jsonb) AS v) AS settings) AS s
            LEFT JOIN (
                SELECT c.account_id, count(*) AS attempts, max(t.created_at) FILTER (WHERE {_COUNTED}) AS last_at,
                       count(*) FILTER (
                           WHERE {_COUNTED} AND {_day("t.created_at", "+ interval '14 hours'")} >= c.attempts_on
                             AND {_day("t.created_at", "- interval '12 hours'")} <= c.attempts_on) AS that_day,
                       max(l.cycle) FILTER (WHERE t.state = 'declined') AS declined, max(l.cycle) AS latest
                FROM collecting c JOIN charge_attempt t ON t.account_id = c.account_id
                LEFT JOIN LATERAL (
                    SELECT max(h.cycle) AS cycle FROM charge_line h
                    WHERE t.finished_at >= c.declining_since AND t.state IN ('declined', 'succeeded')
                      AND t.reason <> 'manual' AND h.account_id = t.account_id AND h.attempt_no = t.attempt_no) AS l
                    ON true
                GROUP BY c.account_id) AS t ON t.account_id = c.account_id
            LEFT JOIN (SELECT DISTINCT account_id, created_at FROM outbox
                       WHERE topic IN ('account.suspended', 'account.releasable')) AS o
                ON o.account_id = c.account_id AND o.created_at = c.stage_at
            LEFT JOIN LATERAL (
                SELECT max(next.at) AS latest, bool_and(next.at IS NOT NULL) AS is_left
                FROM jsonb_array_elements(s.notices) AS g CROSS JOIN LATERAL (
                    SELECT min(c.declining_since + {_days("CAST(d AS integer)")}) AS at
                    FROM jsonb_array_elements_text(g.value) AS d
                    WHERE c.declining_since + {_days("CAST(d AS integer)")} > c.noticed_until + {_HOUR}) AS next
                WHERE c.declining_since IS NOT NULL) AS n ON true) AS c
            CROSS JOIN LATERAL (SELECT concat_ws(', ', wrong, late) AS what) AS found
        WHERE what <> ''""",
        whole=True,
    ),
)

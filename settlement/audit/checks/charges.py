"""The audit's questions about charges: what gateways took, what it was for, what their books say. Rule: R11.5."""

from __future__ import annotations

from settlement.audit.check import Check, first_day_of

CHARGES = (
    Check(
        "collected_balance",
        "R11.2b",
        "What charges hold for bills not issued yet is the sum of their entries.",
        """
        SELECT coalesce(h.account_id, l.account_id) AS account_id, coalesce(h.attempt_no, l.ref) AS charge,
               h.remaining AS stored_minor, coalesce(l.moved, 0) AS entries_minor
        FROM (SELECT account_id, attempt_no, sum(remaining_minor) AS remaining
              FROM charge_line GROUP BY account_id, attempt_no) AS h
        FULL JOIN (
            SELECT account_id, ref, sum(moved) AS moved FROM (
                SELECT account_id, credit_ref AS ref, amount_minor AS moved
                FROM ledger_transfer WHERE credit = 'collected'
                UNION ALL
                SELECT account_id, debit_ref, -amount_minor FROM ledger_transfer WHERE debit = 'collected') AS m
            GROUP BY account_id, ref) AS l ON l.account_id = h.account_id AND l.ref = h.attempt_no
        WHERE h.remaining IS DISTINCT FROM coalesce(l.moved, 0)""",
    ),
    Check(
        "charges_booked",
        "R11.5a",
        "Every charge that succeeded was booked once with what the gateway took, and nothing else was collected.",
        """
        SELECT coalesce(t.account_id, l.account_id) AS account_id, t.reference, t.charged_minor,
               l.bookings, l.total AS entries_minor
        FROM (SELECT * FROM charge_attempt WHERE state = 'succeeded') AS t
        FULL JOIN (SELECT account_id, credit_ref, count(*) AS bookings, sum(amount_minor) AS total
                   FROM ledger_transfer
                   WHERE debit = 'gateway_clearing' AND credit = 'collected' AND cause NOT LIKE 'reversal:%'
                   GROUP BY account_id, credit_ref) AS l
            ON l.account_id = t.account_id AND l.credit_ref = t.attempt_no
        WHERE t.account_id IS NULL OR l.bookings IS DISTINCT FROM 1 OR l.total <> t.charged_minor""",
    ),
    Check(
        "charge_lines",
        "R5.2c",
        "Every charge is the sum of what it is for, bill by bill.",
        """
        SELECT t.account_id, t.reference, t.amount_minor, coalesce(h.total, 0) AS lines_minor
        FROM charge_attempt t LEFT JOIN (
            SELECT account_id, attempt_no, sum(amount_minor) AS total
            FROM charge_line GROUP BY account_id, attempt_no) AS h USING (account_id, attempt_no)
        WHERE t.amount_minor <> coalesce(h.total, 0)""",
    ),
    Check(
        "one_charge_in_flight",
        "R5.2b",
        "No account has two charges under way.",
        """
        SELECT account_id, count(*) AS charges FROM charge_attempt
        WHERE state IN ('waiting', 'sent', 'unknown', 'requires_action') GROUP BY account_id HAVING count(*) > 1""",
    ),
    Check(
        "gateways_agree",
        "R11.5a",
        "What gateways say they charged is what succeeded here; open differences are listed by `settle reconcile`.",
        """
        SELECT account_id, gateway, kind, reference, gateway_ref, currency, ours_minor, theirs_minor
        FROM reconciliation_difference WHERE closed_at IS NULL""",
    ),
    Check(
        "charge_reasons",
        "R5.2",
        "A charge is a person's where a manual payment was requested with it, and nowhere else; one by a sweep came "
        "after the instant of that sweep; none is for bills after its month.",
        f"""
        SELECT t.account_id, t.reference, t.reason, t.cycle, p.external_id AS payment, h.latest
        FROM charge_attempt t
        LEFT JOIN bill_payment p ON p.account_id = t.account_id AND p.attempt_no = t.attempt_no
        LEFT JOIN (SELECT account_id, attempt_no, max(cycle) AS latest FROM charge_line GROUP BY 1, 2) AS h
            ON h.account_id = t.account_id AND h.attempt_no = t.attempt_no
        WHERE (t.reason = 'manual') <> (p.id IS NOT NULL) OR h.latest > t.cycle
           OR (t.reason = 'sweep' AND t.created_at AT TIME ZONE 'UTC'
                   < {first_day_of("t.cycle")} + interval '1 month -1 day -14 hours')""",
    ),
    Check(
        "charges_pay_their_bills",
        "R5.2c",
        "What charges paid of bills was taken for those bills, by an object of their gateway that has a name.",
        """
        SELECT r.account_id, r.cycle, r.cause, r.amount_minor, NULL AS reference
        FROM (SELECT account_id, cycle, cause, amount_minor, CAST(substr(cause, 8) AS bigint) AS attempt_no
              FROM repayment WHERE cause ~ '^charge[:][0-9]{1,9}$' AND initiator <> 'auto_write_off') AS r
        LEFT JOIN charge_line h
            ON h.account_id = r.account_id AND h.attempt_no = r.attempt_no AND h.cycle = r.cycle
        WHERE h.account_id IS NULL
        UNION ALL
        SELECT account_id, cycle, NULL, charged_minor, reference FROM charge_attempt
        WHERE state = 'succeeded' AND gateway_ref IS NULL""",
    ),
    Check(
        "calls_go_on",
        "R5.5b",
        "Whatever has been asked of a gateway and has not ended is to be asked about again within the longest interval "
        "of the settings, or a day after it.",
        """
        SELECT account_id, what, reference, state, next_at FROM (
            SELECT account_id, 'charge' AS what, reference, CAST(state AS text) AS state, next_at
            FROM charge_attempt WHERE state IN ('waiting', 'sent', 'unknown', 'requires_action')
            UNION ALL
            SELECT account_id, 'pre-authorization', reference, CAST(state AS text), next_at
            FROM pre_authorization WHERE finished_at IS NULL
            UNION ALL
            SELECT account_id, 'refund', reference, CAST(state AS text), next_at
            FROM gateway_refund WHERE finished_at IS NULL) AS calls
        WHERE (next_at <= CAST(:at AS timestamptz) + interval '1 day'
                   + make_interval(secs => CAST(CAST(:settings AS jsonb)->>'longest_s' AS integer))) IS NOT true""",
        whole=True,
    ),
)

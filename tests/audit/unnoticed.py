"""What a lie of the worker's role may say unnoticed, and why; and what else `test_columns.py` has to know."""

from __future__ import annotations

_WORDS = "words for people"
_WHEN = "says when; nothing is decided by it"
_PACE = "how work goes on; whoever works next sets it anew"
_GATEWAY = "what the gateway said; the daily comparison reads it there again"
_PICTURE = "pictures of work, for people"
_PEOPLE = "who may sign in and what they did; no money"
_CALLED = "announcements on their way to web addresses"
_LEFT = "what a run leaves undone is found where it is: bills that accrue, fees that are not collected"
_IMPORT = "the file of an import is not kept"

# Tables in which neither money is nor where it stands, each with what it is instead.
ELSEWHERE = {
    "api_key": _PEOPLE,
    "archive": "archives on record, held against each other",
    "archived_event": "archives on record, held against each other",
    "archived_fee": "of releases before, for their workers",
    "archived_fee_keys": "archives on record, held against each other",
    "archived_name": "what senders are told of events in archives",
    "audit_run": "a record of an audit",
    "bill_sums": _PICTURE,
    "console_act": _PEOPLE,
    "console_request": _PEOPLE,
    "console_session": _PEOPLE,
    "console_user": _PEOPLE,
    "duration": _PICTURE,
    "fee_export": _IMPORT,
    "fee_import": _IMPORT,
    "fee_import_difference": _IMPORT,
    "fee_import_repeat": _IMPORT,
    "fee_import_row": _IMPORT,
    "gateway_event": "hints to look; what is booked is read at the gateway",
    "gateway_pace": _PACE,
    "outbox": "announcements; those that a check leans on are held against what they say",
    "outbox_epoch": "announcements",
    "process": _PICTURE,
    "quarantine": "messages that no task could take",
    "reconciliation": "comparisons on record; the next day compares anew",
    "reconciliation_difference": "open differences; the next day compares anew",
    "run_range": _LEFT,
    "sender": _PEOPLE,
    "test_clock": "ignored where it is not allowed",
    "webhook_delivery": _CALLED,
    "webhook_endpoint": _CALLED,
    "webhook_lane": _CALLED,
}

UNNOTICED = {
    "account.opened_at": _WHEN,
    "bill_payment.finished_at": _WHEN,
    "bill_payment.reason": _WORDS,
    "bill_payment.state": "one that was charged after all may have ended before",
    "billing_relationship.requested_at": _WHEN,
    "billing_relationship.valid_at": _WHEN,
    "charge_attempt.action_url": _WORDS,
    "charge_attempt.asks": _PACE,
    "charge_attempt.code": _GATEWAY,
    "charge_attempt.created_at": _WHEN,
    "charge_attempt.cycle": "what a gateway does not take at once is left to the next charge, the newest month first",
    "charge_attempt.finished_at": _WHEN,
    "charge_attempt.gateway_ref": _GATEWAY,
    "charge_attempt.message": _WORDS,
    "charge_attempt.reason": "which of the reasons that the account itself has",
    "charge_attempt.reference": _GATEWAY,
    "charge_attempt.sent_at": _WHEN,
    "charge_attempt.state": "of those under way; whoever asks next sets it anew",
    "collecting.hard": "which declines are final is in the gateway's table of codes",
    "collecting.last_attempt_no": "a number that is left out",
    "collecting.noticed_until": "what was followed up in the days since",
    "collecting.retry_owed": "whether a try is owed was decided when the last one ended; later ones have their days",
    "credit_watch.said": "how often it was announced",
    "gateway_refund.asks": _PACE,
    "gateway_refund.code": _GATEWAY,
    "gateway_refund.created_at": _WHEN,
    "gateway_refund.finished_at": _WHEN,
    "gateway_refund.gateway_ref": _GATEWAY,
    "gateway_refund.message": _WORDS,
    "gateway_refund.reference": _GATEWAY,
    "gateway_refund.sent_at": _WHEN,
    "gateway_reversal.closed_at": _WHEN,
    "gateway_reversal.found_at": _WHEN,
    "gateway_reversal.gateway_ref": _GATEWAY,
    "gateway_reversal.moved_at": _GATEWAY,
    "gateway_reversal.opened_at": _GATEWAY,
    "gateway_reversal.read_at": _WHEN,
    "gateway_reversal.reason": _WORDS,
    "gateway_reversal.state": _GATEWAY,
    "gateway_reversal.steps": "a number that is left out",
    "inbox.attempts": _PACE,
    "inbox.conflict_of": _WORDS,
    "inbox.correlation_id": _WORDS,
    "inbox.door": _WORDS,
    "inbox.event_id": "what its sender called it is known to its sender alone",
    "inbox.finished_at": _WHEN,
    "inbox.occurred_at": _WHEN,
    "inbox.reason_code": _WORDS,
    "inbox.received_at": _WHEN,
    "inbox.sent_by": _WORDS,
    "inbox.source": "what its sender called it is known to its sender alone",
    "payment_method.added_at": _WHEN,
    "payment_method.state": "one that is verified once more is none the worse for it",
    "payment_term.agreed_at": _WHEN,
    "pre_authorization.amount_minor": "it is let go at once",
    "pre_authorization.asks": _PACE,
    "pre_authorization.code": _GATEWAY,
    "pre_authorization.created_at": _WHEN,
    "pre_authorization.finished_at": _WHEN,
    "pre_authorization.gateway_ref": _GATEWAY,
    "pre_authorization.message": _WORDS,
    "pre_authorization.next_at": _PACE,
    "pre_authorization.product": _WORDS,
    "pre_authorization.reference": _GATEWAY,
    "pre_authorization.sent_at": _WHEN,
    "run.created_at": _WHEN,
    "run.finished_at": _WHEN,
    "run.state": _LEFT,
    "schedule_slot.after_account": _PACE,
    "schedule_slot.finished_at": _WHEN,
    "schedule_slot.job": "the last one of a job is noticed once more",
    "schedule_slot.noticed_at": _WHEN,
    "schedule_slot.reason": _WORDS,
    "schedule_slot.state": "what is owed once more is done once more, without effect",
    "unified_line.line_no": "the order of a list may have been edited",
    "unified_line.listed_minor": "what was owed when it was listed; what is paid is what is owed",
    "unified_line.reason": _WORDS,
    "unified_line.state": _PACE,
    "unified_settlement.created_at": _WHEN,
    "unified_settlement.rounds": "a number that is left out",
    "unified_settlement.run_at": _WHEN,
    "write_off_hold.held_at": _WHEN,
}

# Rows in which a value means anything.
_LEAVES_SOMETHING = "type <> 'product_activated'"
ONLY = {
    "bill_payment.lease_until": "state = 'running'",
    "bill_payment.started_at": "state = 'running'",
    "charge_attempt.next_at": "finished_at IS NULL",
    "gateway_refund.next_at": "finished_at IS NULL",
    "inbox.account": _LEAVES_SOMETHING,
    "inbox.data": _LEAVES_SOMETHING,
    "inbox.type": _LEAVES_SOMETHING,
}
# Lies that matter, where others do not: later, not sooner; and what is NULL in databases from before it was kept.
_LATER = "coalesce($, '2026-12-01') + interval '60 days'"
OTHER_LIES = {
    "account.funds_since": (_LATER,),
    "bill.due_rule": ("replace($, '10 calendar', '20 calendar')",),
    "charge_attempt.next_at": (_LATER, "NULL"),
    "collecting.due_at": (
        f"CASE WHEN noticed_until < declining_since + interval '29 days' THEN NULL ELSE {_LATER} END",
    ),
    "collecting.stage_at": (_LATER,),
    # While a charge of a token is disputed, and until that has been worked off, there is none.
    "collecting.threshold_minor": (
        "$ + 1",
        "CASE WHEN account_id IN (SELECT account_id FROM gateway_reversal) THEN $ END",
    ),
    "gateway_refund.next_at": (_LATER, "NULL"),
    "payment_term.until_cycle": ("202612",),
}

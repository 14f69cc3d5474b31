"""When a delivery is tried again, and when an endpoint is left alone. Rule: R13.3."""

from __future__ import annotations

from collections.abc import Sequence

from settlement.model.rows.webhooks import Attempt, Health, Pause

# Between the tries of one message: ten of them in 75.6 hours.
RETRY_AFTER_S = (5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
TRIES = len(RETRY_AFTER_S) + 1
# After the last of them it is tried so often, for as long as it takes.
PROBE_AFTER_S = 3_600
# Failures in a row from which on an endpoint gets one message at a time, and rests between two.
FAILING = 3
_FIRST_REST_S, _MOST_REST_S = 5, 300
# However late a receiver wants the next message.
_MOST_RETRY_AFTER_S = 86_400
_GONE = 410


def retry_in_s(attempt: Attempt) -> float:
    """After how long a message is tried again that was not taken. Never earlier than its receiver wants it."""
    own = RETRY_AFTER_S[attempt.tries - 1] if attempt.tries < TRIES else PROBE_AFTER_S
    return max(own, min(attempt.retry_after_s or 0.0, _MOST_RETRY_AFTER_S))


def health_after(before: Health, attempts: Sequence[Attempt]) -> Health:
    """How an endpoint is after these attempts.

    One that takes something is well again. It is paused when it says that it is gone, and when a message has used up
    its tries while nothing else was taken either.
    """
    failed = [attempt for attempt in attempts if not attempt.is_delivered]
    wanted = max((min(one.retry_after_s or 0.0, _MOST_RETRY_AFTER_S) for one in failed), default=0.0)
    if len(failed) < len(attempts):
        return Health(0, None if before.paused_because == "failing" else before.paused_because, wanted)
    fails = before.fails + len(failed)
    because: Pause | None = before.paused_because
    if any(one.status == _GONE for one in failed) and because != "by_hand":
        because = "gone"
    elif because is None and fails >= TRIES and any(one.tries >= TRIES for one in failed):
        because = "failing"
    return Health(fails, because, max(wanted, _rest_s(fails, because)))


def _rest_s(fails: int, because: Pause | None) -> float:
    if because == "failing":
        return PROBE_AFTER_S
    if fails < FAILING:
        return 0.0
    return min(_FIRST_REST_S * 2.0 ** min(fails - FAILING, 20), _MOST_REST_S)

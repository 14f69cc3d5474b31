"""How the endpoints of webhooks are, for `settle status` and `settle doctor`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from interfaces.fields.values import Json, duration, instant, words

if TYPE_CHECKING:
    from settlement.queries.programs.webhooks import EndpointHealth

# What has waited so long is not on its way any more: its receiver does not take it, or nobody delivers.
LATE_S = 3600.0
_RESPONSE_LENGTH = 60


def endpoints_json(endpoints: list[EndpointHealth]) -> Json:
    """Every endpoint, for programs."""
    return [
        {
            "endpoint": one.id,
            "paused_because": one.paused_because,
            "fails": one.fails,
            "waiting": one.waiting,
            "oldest_waiting_s": None if one.oldest_s is None else round(one.oldest_s, 1),
            "in_vain": one.in_vain,
            "last_failure": None
            if one.failed_at is None
            else {"at": instant(one.failed_at), "status": one.status, "response": one.response},
        }
        for one in endpoints
    ]


def is_well(one: EndpointHealth) -> bool:
    """Does it take what there is for it."""
    return one.paused_because is None and not one.in_vain and (one.oldest_s or 0.0) <= LATE_S


def finding_of(one: EndpointHealth) -> str:
    """An endpoint in one line: is it paused, what waits, since when, what it responded last."""
    parts = [] if one.paused_because is None else [f"paused ({words(one.paused_because)})"]
    if one.oldest_s is None:
        parts.append("nothing waits")
    else:
        vain = f" ({one.in_vain:,} after ten tries)" if one.in_vain else ""
        parts.append(f"{one.waiting:,} waiting{vain}, the oldest for {duration(one.oldest_s)}")
    if one.failed_at is not None:
        response = " ".join((one.response or "").split())[:_RESPONSE_LENGTH]
        status = "" if one.status is None else f"{one.status} "
        parts.append(f"last failure {instant(one.failed_at)}: {status}{response}".rstrip(": "))
    return "; ".join(parts)

"""How many calls a gateway may get now, over all processes and hosts, whatever they are about. Rule: R5.5."""

from __future__ import annotations

from sqlalchemy import Connection, text

_BEGIN = text("""
    INSERT INTO gateway_pace (gateway, next_at) VALUES (:gateway, clock_timestamp() - :most_s * interval '1 second')
    ON CONFLICT (gateway) DO UPDATE
    SET next_at = greatest(gateway_pace.next_at, clock_timestamp() - :most_s * interval '1 second')
    RETURNING extract(epoch FROM clock_timestamp() - next_at)""")
_USE = text("""
    UPDATE gateway_pace
    SET next_at = greatest(next_at, least(next_at + :used / :per_s * interval '1 second',
                                          clock_timestamp() + :most_s * interval '1 second'))
    WHERE gateway = :gateway""")
# What is saved up, and by how much it may be overdrawn by calls that wait for nobody.
_SAVED_S, _OVERDRAWN_S = 1.0, 3.0


def allowance(tx: Connection, gateway: str, *, per_s: float, limit: int) -> int:
    """How many calls to the gateway are free now, at most `limit`.

    Holds the gateway's row until the transaction ends; at most one second's worth, or one call, is saved up. Uses the
    database's clock, since it is about the real load on the gateway.
    """
    most_s = max(_SAVED_S, 1 / per_s)
    saved_s = tx.execute(_BEGIN, {"gateway": gateway, "most_s": most_s}).scalar_one()
    # Below zero while calls that wait for nobody have used up more than there was. The clock counts microseconds, so
    # a whole call may look like a little less than one.
    return max(0, min(limit, int(float(saved_s) * per_s + 0.001)))


def use(tx: Connection, gateway: str, *, per_s: float, calls: int) -> None:
    """Counts calls that are about to be made, or were made beyond those counted before.

    Beyond the allowance they keep others waiting for three seconds, or three calls, at most: nobody starves.
    """
    if calls > 0:
        most_s = max(_OVERDRAWN_S, 3 / per_s)
        tx.execute(_USE, {"gateway": gateway, "used": float(calls), "per_s": per_s, "most_s": most_s})

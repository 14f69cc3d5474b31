"""Acts that wait for a second person, as they are written."""

from __future__ import annotations

import json
from datetime import timedelta

from sqlalchemy import Connection, text

from settlement.model.policies.approvals import Decision, NewRequest
from settlement.model.policies.users import roles_that_may

_ADD = text("""
    INSERT INTO console_request (event_id, expires_at, maker, role, action, account, data, reason, amount_minor,
                                 currency, figures)
    VALUES (:event_id, clock_timestamp() + CAST(:lasts AS interval), :maker, :role, :action, :account,
            CAST(:data AS jsonb), :reason, :amount_minor, :currency, CAST(:figures AS jsonb))
    ON CONFLICT (event_id) DO NOTHING RETURNING id""")
_OF_EVENT = text("SELECT id FROM console_request WHERE event_id = :event_id")
# May the maker, `r.maker`, still do what it asks for, by a role of `:roles`.
MAKER_MAY = """EXISTS (
        SELECT FROM console_user u
        WHERE u.name = r.maker AND u.disabled_at IS NULL AND u.role = ANY(CAST(:roles AS text[])))"""
_DECIDE = text(f"""
    UPDATE console_request r SET state = :decision, decided_by = :by, decided_at = clock_timestamp(),
           decision_reason = :reason
    WHERE id = :id AND state = 'waiting' AND expires_at > clock_timestamp()
      AND (maker = :by) = (CAST(:decision AS text) = 'withdrawn')
      AND (CAST(:decision AS text) <> 'approved' OR {MAKER_MAY})
    RETURNING id""")


def add(tx: Connection, new: NewRequest, *, lasts: timedelta) -> tuple[int, bool]:
    """Its number, and whether it is new: a form that is sent twice makes one."""
    row = {**new._asdict(), "data": json.dumps(new.data), "figures": json.dumps(new.figures), "lasts": lasts}
    number = tx.scalar(_ADD, row)
    if number is not None:
        return number, True
    return tx.scalars(_OF_EVENT, {"event_id": new.event_id}).one(), False


def decide(tx: Connection, number: int, decision: Decision, *, by: str, reason: str | None) -> bool:
    """Decides it, if it still waits and is for this person to decide so; approves only what its maker still may."""
    values = {
        "id": number,
        "decision": decision,
        "by": by,
        "reason": reason,
        "roles": roles_that_may("money"),
    }
    return tx.execute(_DECIDE, values).one_or_none() is not None

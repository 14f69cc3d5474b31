"""Users of the console, their sessions and acts as they are written."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, text

_ADD = text("""
    INSERT INTO console_user (name, role, password, subject) VALUES (:name, :role, :password, :subject)
    ON CONFLICT DO NOTHING RETURNING name""")
_SET_ROLE = text("UPDATE console_user SET role = :role WHERE name = :name")
_RESET = text("""
    UPDATE console_user SET password = :password, failures = 0, locked_until = NULL, disabled_at = NULL,
           role = coalesce(CAST(:role AS text), role)
    WHERE name = :name RETURNING name""")
_DISABLE = text("""
    UPDATE console_user SET disabled_at = coalesce(disabled_at, clock_timestamp()) WHERE name = :name RETURNING name""")
_SIGN_OUT_USER = text("DELETE FROM console_session WHERE name = :name")
_FAILED = text("""
    UPDATE console_user SET failures = failures + 1,
           locked_until = CASE WHEN failures + 1 >= :most THEN clock_timestamp() + CAST(:locked_for AS interval) END
    WHERE name = :name""")
# A count that led to a lock begins anew when the lock is over.
_SUCCEEDED = text(
    "UPDATE console_user SET failures = 0, locked_until = NULL WHERE name = :name AND failures > 0"
)
_BEGIN = text("""
    INSERT INTO console_session (digest, name, kind, expires_at)
    VALUES (:digest, :name, :kind, clock_timestamp() + CAST(:lasts AS interval))""")
_OVER = text("DELETE FROM console_session WHERE expires_at < clock_timestamp()")
_END = text("DELETE FROM console_session WHERE digest = :digest")
_TAKE_LINK = text("""
    DELETE FROM console_session s USING console_user u
    WHERE s.digest = :digest AND s.kind = 'link' AND s.expires_at > clock_timestamp()
      AND u.name = s.name AND u.disabled_at IS NULL
    RETURNING s.name""")
_ACT = text("""
    INSERT INTO console_act (actor, role, action, account, reason, event_id, details, approved_by)
    VALUES (:actor, :role, :action, :account, :reason, :event_id, CAST(:details AS jsonb), :approved_by)
    ON CONFLICT (event_id) DO NOTHING RETURNING id""")
# Of two that do the same act at once, the one that did it is right.
_OUTCOME = text("""
    UPDATE console_act SET outcome = :outcome WHERE event_id = :event_id AND outcome IS DISTINCT FROM 'done'""")
# What there was before is kept until it is known what there is after.
_CHANGED = text("""
    UPDATE console_act SET details = (details - 'before') || jsonb_build_object('changed', CAST(:changed AS jsonb))
    WHERE event_id = :event_id AND NOT details ? 'changed'""")
_BEFORE = text("""
    SELECT account, details FROM console_act WHERE event_id = :event_id AND details ? 'before'""")
_RELEASE = text("""
    UPDATE console_act SET outcome = :outcome, event_id = NULL WHERE event_id = :event_id AND outcome IS NULL""")


def add_user(tx: Connection, name: str, role: str, password: str | None, subject: str | None) -> bool:
    """Makes a user; false where the name or the subject is taken. `password` is as `settlement.operations.users`
    hashes it.
    """
    values = {"name": name, "role": role, "password": password, "subject": subject}
    return tx.execute(_ADD, values).one_or_none() is not None


def set_role(tx: Connection, name: str, role: str) -> None:
    """Another role, from the next page on."""
    tx.execute(_SET_ROLE, {"name": name, "role": role})


def reset_user(tx: Connection, name: str, password: str | None, role: str | None) -> bool:
    """Gives another password, opens what was locked or disabled, ends every session; false for an unknown name."""
    tx.execute(_SIGN_OUT_USER, {"name": name})
    return tx.execute(_RESET, {"name": name, "password": password, "role": role}).one_or_none() is not None


def disable_user(tx: Connection, name: str) -> bool:
    """Nobody is or gets in under this name any more; false where it is not known."""
    tx.execute(_SIGN_OUT_USER, {"name": name})
    return tx.execute(_DISABLE, {"name": name}).one_or_none() is not None


def note_failure(tx: Connection, name: str, *, most: int, locked_for: timedelta) -> None:
    """A wrong password; at the last of `most` in a row the name is locked."""
    tx.execute(_FAILED, {"name": name, "most": most, "locked_for": locked_for})


def note_success(tx: Connection, name: str) -> None:
    """The right password: earlier wrong ones count no more."""
    tx.execute(_SUCCEEDED, {"name": name})


def begin(tx: Connection, digest: bytes, name: str, kind: str, lasts: timedelta) -> None:
    """A session or a link that is good for so long. Those that are over are cleared away."""
    tx.execute(_OVER)
    tx.execute(_BEGIN, {"digest": digest, "name": name, "kind": kind, "lasts": lasts})


def end(tx: Connection, digest: bytes) -> None:
    """The session is over."""
    tx.execute(_END, {"digest": digest})


def take_link(tx: Connection, digest: bytes) -> str | None:
    """Whose link it is, which is then used up; None where it is none, is over or was taken."""
    found: str | None = tx.scalar(_TAKE_LINK, {"digest": digest})
    return found


def note_act(
    tx: Connection,
    *,
    actor: str,
    role: str,
    action: str,
    account: str | None,
    reason: str | None,
    event_id: str | None,
    details: dict[str, Any],
    approved_by: str | None,
) -> bool:
    """Keeps what somebody did; false, and nothing new, where the same form was sent before."""
    row = {
        "actor": actor, "role": role, "action": action, "account": account, "reason": reason, "event_id": event_id,
        "details": json.dumps(details, default=str), "approved_by": approved_by,
    }  # fmt: skip
    return tx.execute(_ACT, row).one_or_none() is not None


def note_outcome(tx: Connection, event_id: str, outcome: str) -> None:
    """What became of an act that is no event; `done` is final."""
    tx.execute(_OUTCOME, {"event_id": event_id, "outcome": outcome})


def before(tx: Connection, event_id: str) -> tuple[str | None, dict[str, Any]] | None:
    """The account and the details of an act of which what there was before is kept, and not yet what it changed."""
    row = tx.execute(_BEFORE, {"event_id": event_id}).one_or_none()
    return None if row is None else (row[0], row[1])


def note_changed(tx: Connection, event_id: str, changed: Mapping[str, Sequence[str | None]]) -> None:
    """What an act changed: before and after, by name."""
    tx.execute(_CHANGED, {"event_id": event_id, "changed": json.dumps(changed)})


def release_form(tx: Connection, event_id: str, outcome: str) -> None:
    """What became of a try; its form may be sent again, as another act."""
    tx.execute(_RELEASE, {"event_id": event_id, "outcome": outcome})

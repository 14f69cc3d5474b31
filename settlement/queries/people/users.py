"""Users of the console, and what they did."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, text

from settlement.model.policies.users import Role
from settlement.storage.sql.columns import columns
from settlement.storage.tables.people.users import CONSOLE_ACT, CONSOLE_USER


class UserView(NamedTuple):
    """A user. Instants in UTC; `keyed`: they have a password; `subject`: the issuer of an
    identity provider and what it calls them. Without either they sign in by a link alone.
    """

    name: str
    role: Role
    created_at: datetime
    disabled_at: datetime | None
    locked_until: datetime | None
    keyed: bool
    subject: str | None


class SignIn(NamedTuple):
    """What an attempt to sign in is held against."""

    name: str
    role: Role
    password: str | None
    enabled: bool
    locked: bool


class ActView(NamedTuple):
    """What somebody did at the console. `event_id`: the id of its form, and of the event from the source `console`
    where it became one; `outcome`: of that event, or of what was done without one. `approved_by`: the second person.
    """

    id: int
    at: datetime
    actor: str
    role: Role
    action: str
    account: str | None
    reason: str | None
    event_id: str | None
    outcome: str | None
    details: dict[str, Any]
    approved_by: str | None


_USERS = text(f"""
    SELECT {columns(CONSOLE_USER, UserView, keyed="password IS NOT NULL")} FROM console_user
    WHERE CAST(:after AS text) IS NULL OR name > :after ORDER BY name LIMIT :limit""")
_SIGN_IN = text("""
    SELECT name, role, password, disabled_at IS NULL, coalesce(locked_until > clock_timestamp(), false)
    FROM console_user WHERE name = :name""")
_OF_SUBJECT = text("""
    SELECT name, role, password, disabled_at IS NULL, false FROM console_user WHERE subject = :subject""")
_SIGNED_IN = text("""
    SELECT u.name, u.role, u.password, true, false FROM console_session s JOIN console_user u USING (name)
    WHERE s.digest = :digest AND s.kind = 'session' AND s.expires_at > clock_timestamp() AND u.disabled_at IS NULL""")
_OUTCOME = text("SELECT outcome FROM console_act WHERE event_id = :event_id")
_ACTS = text(f"""
    SELECT {columns(CONSOLE_ACT, ActView, "c", outcome="coalesce(CAST(i.state AS text), c.outcome)")}
    FROM console_act c LEFT JOIN inbox i ON i.source = 'console' AND i.event_id = c.event_id AND i.conflict_of IS NULL
    WHERE (CAST(:after AS bigint) IS NULL OR c.id < :after)
      AND (CAST(:account AS text) IS NULL OR c.account = :account)
      AND (CAST(:actor AS text) IS NULL OR c.actor = :actor)
    ORDER BY c.id DESC LIMIT :limit""")


def users(tx: Connection, *, limit: int, after: str | None = None) -> list[UserView]:
    """Users by name, from the one after `after` on."""
    return [UserView(*row) for row in tx.execute(_USERS, {"limit": limit, "after": after})]


def sign_in(tx: Connection, name: str) -> SignIn | None:
    """What is kept of a user to sign in by."""
    row = tx.execute(_SIGN_IN, {"name": name}).one_or_none()
    return None if row is None else SignIn(*row)


def of_subject(tx: Connection, subject: str) -> SignIn | None:
    """Whom an identity provider calls so."""
    row = tx.execute(_OF_SUBJECT, {"subject": subject}).one_or_none()
    return None if row is None else SignIn(*row)


def signed_in(tx: Connection, digest: bytes) -> SignIn | None:
    """Whose session this is; None where it is over, or nobody's."""
    row = tx.execute(_SIGNED_IN, {"digest": digest}).one_or_none()
    return None if row is None else SignIn(*row)


def outcome(tx: Connection, event_id: str) -> str | None:
    """What became of the act of this form that is no event; None where nothing is known, or it was never begun."""
    found: str | None = tx.scalar(_OUTCOME, {"event_id": event_id})
    return found


def acts(
    tx: Connection,
    *,
    limit: int,
    after: int | None = None,
    account: str | None = None,
    actor: str | None = None,
) -> list[ActView]:
    """What people did, the newest first, from the one before `after` on."""
    parameters = {"limit": limit, "after": after, "account": account, "actor": actor}
    return [ActView(*row) for row in tx.execute(_ACTS, parameters)]

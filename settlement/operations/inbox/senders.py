"""Who may send what: senders made known and ended, their keys made, checked and revoked. Rule: R12.1, R12.2."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection

from settlement.errors import NotFound, Refused
from settlement.events.registry import EVENT_TYPES
from settlement.model.policies.senders import Scope
from settlement.queries.programs import senders as known
from settlement.queries.programs.senders import Credential
from settlement.storage.store import Store
from settlement.storage.work.programs import senders

_ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"
_KEY = re.compile(r"settle_([a-z0-9]{10})_[A-Za-z0-9_-]{43}")


class Key(NamedTuple):
    """A new key: `id` names it, `text` is what a program sends, and is kept nowhere."""

    id: str
    text: str


def register_sender(
    store: Store,
    source: str,
    *,
    event_types: Sequence[str] | None = None,
    accounts: Sequence[str] | None = None,
    role: str | None = None,
) -> None:
    """Makes a source known, or changes what it may send: None is every type, every account, no database role.

    Raises:
        Refused: `unknown_type`, a type of event that there is not; `unknown_role`, a role that there is not, or that is
            more than a sender's; `role_taken`, a role of another source.
    """
    for name in event_types or ():
        if name not in EVENT_TYPES:
            raise Refused(
                "unknown_type", f"event type {name!r} is not known; known are {', '.join(EVENT_TYPES)}"
            )
    with store.transaction() as tx:
        if role is not None:
            _check_role(tx, source, role)
        senders.register(tx, source, event_types, accounts, role)


def _check_role(tx: Connection, source: str, role: str) -> None:
    owner, exists = senders.role(tx, role)
    if not exists:
        raise Refused(
            "unknown_role",
            f"there is no role {role!r} that could be a sender's; make one that is a member of settle_sender",
        )
    if owner not in (None, source):
        raise Refused("role_taken", f"role {role!r} is that of source {owner}; each has its own")


def end_sender(store: Store, source: str) -> None:
    """From now on the source may send nothing, by whichever door.

    Raises:
        NotFound: it is not known.
    """
    with store.transaction() as tx:
        known.sender(tx, source)
        senders.end(tx, source)


def create_key(
    store: Store, source: str, scopes: Sequence[Scope], *, expires_at: datetime | None = None
) -> Key:
    """A new key for the programs of a known sender. Its text is shown this once.

    Raises:
        NotFound: the sender is not known.
    """
    key_id = "".join(secrets.choice(_ALPHABET) for _ in range(10))
    key = Key(key_id, f"settle_{key_id}_{secrets.token_urlsafe(32)}")
    with store.transaction() as tx:
        known.sender(tx, source)
        senders.add_key(tx, key.id, source, scopes, _digest(key.text), expires_at)
    return key


def revoke_key(store: Store, key_id: str) -> None:
    """The key opens nothing from now on.

    Raises:
        NotFound: there is no such key.
    """
    with store.transaction() as tx:
        if not senders.revoke(tx, key_id):
            raise NotFound("unknown_key", f"key {key_id!r} is not known; `settle keys list` shows all")


def checked_key(store: Store, text: str) -> Credential | None:
    """What this key opens; None where it opens nothing: unknown, changed, revoked, over, or of an ended sender.

    Raises:
        Unavailable: PostgreSQL cannot be reached.
    """
    named = _KEY.fullmatch(text)
    if named is None:
        return None
    with store.transaction() as tx:
        found = known.credential(tx, named[1])
        if found is None or not hmac.compare_digest(found.digest, _digest(text)):
            return None
        if not found.usable or found.sender.ended_at is not None:
            return None
        senders.note_use(tx, found.id)
    return found


def _digest(text: str) -> bytes:
    """32 random bytes cannot be guessed, so one round is enough."""
    return hashlib.sha256(text.encode()).digest()

"""Users of the console: made, disabled, given passwords; signing in and out. Rule: R14.1."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from typing import NamedTuple

from settlement.errors import NotFound, Refused
from settlement.model.policies.users import (
    LINK_LASTS,
    LOCKED_FOR,
    MOST_FAILURES,
    SESSION_LASTS,
    SHORTEST_PASSWORD,
    Role,
)
from settlement.queries.people import users as known
from settlement.storage.store import Store
from settlement.storage.work.people import users as kept

# About 30 ms and 32 MB a try: what the standard library's own documentation recommends for interactive use.
_COST = {"n": 2**14, "r": 8, "p": 1}
_SALT_BYTES = 16


class Session(NamedTuple):
    """Who is signed in, and as what."""

    name: str
    role: Role


def add_user(
    store: Store, name: str, role: Role, password: str | None = None, subject: str | None = None
) -> None:
    """Makes a user. Without a password they sign in by a link, or at the identity provider that calls them `subject`.

    Raises:
        Refused: `bad_name`, `bad_password`, or `taken`, with whose the subject is where it is another user's.
    """
    if not name or len(name) > 80 or not name.isprintable() or any(part.isspace() for part in name):
        raise Refused("bad_name", f"the name {name!r} is none: 1 to 80 printable characters without spaces")
    with store.transaction() as tx:
        if not kept.add_user(tx, name, role, _hashed(password), subject):
            owner = None if subject is None else known.of_subject(tx, subject)
            if owner is not None and owner.name != name:
                raise Refused("taken", f"whom the identity provider calls so is user {owner.name} already")
            raise Refused("taken", f"user {name} is there already; `settle users reset {name}` changes it")


def reset_user(store: Store, name: str, password: str | None = None, role: Role | None = None) -> None:
    """Another password or none, perhaps another role; opens the user again, and ends every session.

    Raises:
        NotFound, Refused: as `add_user`.
    """
    with store.transaction() as tx:
        if not kept.reset_user(tx, name, _hashed(password), role):
            raise _unknown(name)


def disable_user(store: Store, name: str) -> None:
    """Nobody gets in under this name any more, and whoever is in is out.

    Raises:
        NotFound: there is no such user.
    """
    with store.transaction() as tx:
        if not kept.disable_user(tx, name):
            raise _unknown(name)


def login_link(store: Store, name: str) -> str:
    """The token of a link that signs this user in, once, within an hour.

    Raises:
        NotFound: there is no such user.
    """
    token = secrets.token_urlsafe(32)
    with store.transaction() as tx:
        if known.sign_in(tx, name) is None:
            raise _unknown(name)
        kept.begin(tx, _digest(token), name, "link", LINK_LASTS)
    return token


def sign_in(store: Store, name: str, password: str) -> str:
    """The token of a new session.

    Raises:
        Refused: `not_signed_in`, in the same words for a wrong name and a wrong password; `locked` after too many.
    """
    with store.transaction() as tx:
        found = known.sign_in(tx, name)
    if found is not None and found.locked:
        raise Refused(
            "locked", f"too many wrong passwords; wait {LOCKED_FOR.seconds // 60} minutes, or ask an admin"
        )
    # As long for a name that nobody has, so that the time tells nothing.
    right = _matches(password, found.password if found is not None and found.enabled else None)
    with store.transaction() as tx:
        if found is None or not right:
            kept.note_failure(tx, name, most=MOST_FAILURES, locked_for=LOCKED_FOR)
        else:
            kept.note_success(tx, name)
    if found is None or not right:
        raise Refused("not_signed_in", "the name or the password is not right")
    return _begun(store, found.name)


def sign_in_by_link(store: Store, token: str) -> str:
    """The token of a new session, for a link that was not taken yet.

    Raises:
        Refused: `bad_link`, it is none, over, or was taken.
    """
    with store.transaction() as tx:
        name = kept.take_link(tx, _digest(token))
    if name is None:
        raise Refused("bad_link", "this link was used or is over; `settle users link` makes another")
    return _begun(store, name)


def sign_in_by_provider(store: Store, subject: str, name: str, role: Role | None, *, may_create: bool) -> str:
    """The token of a new session of whom an identity provider calls `subject`. `role`, where it gives one, is theirs
    from now on; `may_create`: somebody new becomes a user under this name, as a viewer where no role is given.

    Raises:
        Refused: `not_linked`, nobody here is this one; `taken`, the name is another user's; `disabled`; or `bad_name`.
    """
    with store.transaction() as tx:
        found = known.of_subject(tx, subject)
        if found is not None and found.enabled and role is not None and role != found.role:
            kept.set_role(tx, found.name, role)
    if found is None:
        if not may_create:
            raise Refused(
                "not_linked", f"{name} is no user here. An admin links you: `settle users add --subject`."
            )
        add_user(store, name, role or "viewer", subject=subject)
    elif not found.enabled:
        raise Refused("disabled", "You were shut out here. Ask an admin.")
    return _begun(store, name if found is None else found.name)


def session_of(store: Store, token: str) -> Session | None:
    """Who is signed in with this token; None for nobody."""
    with store.transaction() as tx:
        found = known.signed_in(tx, _digest(token))
    return None if found is None else Session(found.name, found.role)


def sign_out(store: Store, token: str) -> None:
    """The session is over."""
    with store.transaction() as tx:
        kept.end(tx, _digest(token))


def _begun(store: Store, name: str) -> str:
    token = secrets.token_urlsafe(32)
    with store.transaction() as tx:
        kept.begin(tx, _digest(token), name, "session", SESSION_LASTS)
    return token


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def _hashed(password: str | None) -> str | None:
    if password is None:
        return None
    if len(password) < SHORTEST_PASSWORD:
        raise Refused("bad_password", f"a password has at least {SHORTEST_PASSWORD} characters")
    salt = secrets.token_bytes(_SALT_BYTES)
    digest = hashlib.scrypt(password.encode(), salt=salt, **_COST)
    return base64.b64encode(salt + digest).decode()


_NOBODY = base64.b64encode(secrets.token_bytes(_SALT_BYTES + 64)).decode()


def _matches(password: str, hashed: str | None) -> bool:
    kept = base64.b64decode(hashed or _NOBODY)
    tried = hashlib.scrypt(password.encode(), salt=kept[:_SALT_BYTES], **_COST)
    return hmac.compare_digest(tried, kept[_SALT_BYTES:]) and hashed is not None


def _unknown(name: str) -> NotFound:
    return NotFound("unknown_user", f"user {name!r} is not known; `settle users list` shows all")

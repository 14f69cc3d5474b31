"""What people do with endpoints: add, try, pause, resume, replace the secret, deliver again. Rule: R13.3."""

from __future__ import annotations

import asyncio
import re
import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from settlement.errors import NotFound, Refused
from settlement.model.announcements.topics import TOPICS
from settlement.operations.webhooks.addresses import Addresses
from settlement.operations.webhooks.requests import Response, new_client, post
from settlement.operations.webhooks.signatures import new_secret
from settlement.queries.programs import announcements
from settlement.storage.store import Store
from settlement.storage.work.programs import webhooks

# At the end of a topic or an account: every one that begins with what stands before.
ANY_ENDING = "*"
# For how long a receiver may go on checking with the secret before the last.
OVERLAP_S = 86_400.0
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")


def add_endpoint(
    store: Store,
    name: str,
    url: str,
    *,
    topics: Sequence[str] = (),
    accounts: Sequence[str] = (),
    source: str | None = None,
    private: bool = False,
) -> str:
    """A new endpoint, which gets what is published from now on. Returns its secret, which is shown this once.

    Raises:
        Refused: a name, address or topic that makes no sense, or a name that is taken.
    """
    if not _NAME.fullmatch(name):
        raise Refused(
            "bad_name", f"{name!r}: a name is lower-case letters, digits, dots and dashes, up to 63"
        )
    _check_url(url, private=private)
    for topic in topics:
        _check_topic(topic)
    secret = new_secret()
    with store.transaction() as tx:
        if not webhooks.add_endpoint(
            tx, name, url, secret, topics=topics or None, accounts=accounts or None, source=source
        ):
            raise Refused(
                "endpoint_exists", f"there is an endpoint {name} already; `settle webhooks list` shows it"
            )
    return secret


def remove_endpoint(store: Store, name: str) -> None:
    """Takes an endpoint away with all that waits for it.

    Raises:
        NotFound: there is none of this name.
    """
    with store.transaction() as tx:
        _known(name, webhooks.remove(tx, name))


def rotate_secret(store: Store, name: str, *, overlap_s: float = OVERLAP_S) -> str:
    """A new secret, which signs from now on. The one before it signs as well, for a while.

    Raises:
        NotFound: there is none of this name.
    """
    secret = new_secret()
    with store.transaction() as tx:
        _known(name, webhooks.rotate(tx, name, secret, overlap_s=overlap_s))
    return secret


def pause_endpoint(store: Store, name: str) -> None:
    """Delivers nothing there until it is resumed; what comes meanwhile waits.

    Raises:
        NotFound: there is none of this name.
    """
    with store.transaction() as tx:
        _known(name, webhooks.pause(tx, name))


def resume_endpoint(store: Store, name: str) -> None:
    """Delivers again, at once, whatever it was paused for.

    Raises:
        NotFound: there is none of this name.
    """
    with store.transaction() as tx:
        _known(name, webhooks.resume(tx, name))


def replay(store: Store, name: str, *, first: str, last: str) -> int:
    """Delivers again what was published from one announcement to another, both included. How many those are.

    Raises:
        NotFound: there is no endpoint of this name, or no such announcement, or `archived`, what was published after
            the first is not all here.
        Refused: `bad_id`, what is given is no id.
    """
    with store.transaction() as tx:
        _known(name, name in webhooks.targets(tx, [name]))
        begin, end = announcements.place(tx, first), announcements.place(tx, last)
        if begin < end:
            announcements.refuse_archived(tx, first, *begin)
        return webhooks.replay(tx, name, begin, end)


def try_endpoint(store: Store, name: str, *, at: datetime, private: bool, verify: Any = True) -> Response:
    """Sends a signed message of the type `webhook.test` now, beside everything that waits, and gives the response.

    Raises:
        NotFound: there is none of this name.
        Misconfigured: the extra `webhooks` is not installed.
    """
    with store.transaction() as tx:
        found = webhooks.targets(tx, [name])
    _known(name, name in found)
    message_id = f"test-{uuid.uuid4()}"
    body = f'{{"id": "{message_id}", "type": "webhook.test", "data": {{"endpoint": "{name}"}}}}'.encode()

    async def once() -> Response:
        async with new_client(verify) as client:
            return await post(
                client, found[name], message_id, body, at=at, addresses=Addresses(private=private)
            )

    return asyncio.run(once())


def _known(name: str, is_known: bool) -> None:
    if not is_known:
        raise NotFound(
            "unknown_endpoint", f"endpoint {name!r} is not known; `settle webhooks list` shows all"
        )


def _check_url(url: str, *, private: bool) -> None:
    try:
        parts = urlsplit(url)
        port_is_right = parts.port is None or parts.port > 0
    except ValueError:
        raise Refused("bad_url", f"{url!r} is no address") from None
    if parts.scheme not in (("https", "http") if private else ("https",)):
        raise Refused("bad_url", f"{url!r} must begin with https://")
    if not parts.hostname or not port_is_right or parts.username or parts.fragment or not url.isprintable():
        raise Refused("bad_url", f"{url!r}: give a host, no user, no fragment")


def _check_topic(topic: str) -> None:
    known = [*TOPICS]
    if topic.endswith(ANY_ENDING):
        known = [one for one in known if one.startswith(topic.removesuffix(ANY_ENDING))]
    elif topic not in TOPICS:
        known = []
    if not known:
        raise Refused("unknown_topic", f"no topic is called {topic!r}; docs/events.md lists them")

"""Keys of the HTTP API and senders: made, revoked, ended. A key is shown once. Rule: R12.1, R12.2."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from interfaces.fields.senders import KEYS, SENDERS
from interfaces.http.console.context import Console, Visitor, moved
from interfaces.http.console.doing import perform
from interfaces.http.console.forms import FormField, FormPage, form_page, needed_reason
from interfaces.http.console.pages.lists import Table, cut_at, facts_of, table_of
from interfaces.http.console.pages.programs.secrets import secret_page
from interfaces.http.console.paths import key_path, segment, sender_path
from interfaces.http.console.respond import Form, posted
from interfaces.http.console.tokens import new_event_id
from settlement.errors import NotFound, Refused
from settlement.model.policies.senders import SCOPES, Scope
from settlement.operations.inbox import senders as operations
from settlement.operations.inbox.senders import Key
from settlement.queries import Store
from settlement.queries.programs import senders
from worker.runtime import host_now

_MOST_ROWS = 1_000
_LONGEST_DAYS = 3_650


async def keys_page(console: Console, request: Request) -> Response:
    """Keys and senders."""
    visitor = await console.visitor(request, "administer")
    keys, known = await console.api.read(
        lambda tx: (senders.keys(tx, limit=_MOST_ROWS + 1), senders.senders(tx, limit=_MOST_ROWS + 1))
    )
    return console.page(
        request, "programs/keys.html", visitor, title="Keys and senders",
        cut_keys=cut_at(keys, _MOST_ROWS), cut_senders=cut_at(known, _MOST_ROWS),
        keys=table_of(KEYS, keys[:_MOST_ROWS], lambda row: key_path(row.id)),
        senders=table_of(SENDERS, known[:_MOST_ROWS], lambda row: sender_path(row.source)),
    )  # fmt: skip


async def new_key_page(console: Console, request: Request) -> Response:
    """The form of a new key."""
    visitor = await console.visitor(request, "administer")
    return await _key_form(console, request, visitor, dict(request.query_params))


async def new_key(console: Console, request: Request) -> Response:
    """Makes a key and shows it, this once."""
    visitor, form = await posted(console, request, "administer")
    runtime, source = console.api.runtime, form.text("source")
    try:
        scopes, days = _scopes(form), _days(form.text("days"))
        # Keys end by the clock on the wall, as they are checked, test clock or not.
        expires_at = None if days is None else host_now() + timedelta(days=days)
        made = await perform(
            console, visitor.session,
            lambda: operations.create_key(runtime.store, source, scopes, expires_at=expires_at),
            form_id=form.text("event"), action="create_key", reason=form.text("reason"),
            details={"source": source, "scopes": scopes, "expires_at": expires_at},
        )  # fmt: skip
    except Refused as error:
        given = {**form.values(), "scope": " ".join(form.texts("scope"))}
        return await _key_form(console, request, visitor, given, error.message)
    return secret_page(
        console, request, visitor, title="New key", secret=_text(made), back="/keys",
        lead=f"A key of {source} for {', '.join(scopes)}.",
    )  # fmt: skip


async def key_page(console: Console, request: Request) -> Response:
    """One key."""
    visitor = await console.visitor(request, "administer")
    name = request.path_params["key"]
    found = await console.api.read(lambda tx: senders.key(tx, name))
    links = [(f"Sender {found.source}", sender_path(found.source))]
    return _one(console, request, visitor, KEY, facts_of(KEYS, found), is_over=found.revoked_at, links=links)


async def new_sender_page(console: Console, request: Request) -> Response:
    """The form of a sender."""
    visitor = await console.visitor(request, "administer")
    return _sender_form(console, request, visitor, {})


async def new_sender(console: Console, request: Request) -> Response:
    """Makes a sender known, or changes what it may send."""
    visitor, form = await posted(console, request, "administer")
    source, store = form.text("source"), console.api.runtime.store
    types, accounts = form.lines("types"), form.lines("accounts")
    try:
        _check_source(source)
        await perform(
            console, visitor.session,
            lambda: operations.register_sender(store, source, event_types=types or None, accounts=accounts or None),
            form_id=form.text("event"), action="register_sender", reason=form.text("reason"),
            details={"source": source, "types": types, "accounts": accounts},
        )  # fmt: skip
    except Refused as error:
        return _sender_form(console, request, visitor, form.values(), error.message)
    return moved(sender_path(source))


async def sender_page(console: Console, request: Request) -> Response:
    """One sender with its keys."""
    visitor = await console.visitor(request, "administer")
    source = request.path_params["source"]
    found, keys = await console.api.read(
        lambda tx: (senders.sender(tx, source), senders.keys(tx, limit=_MOST_ROWS + 1, source=source))
    )
    links = [("New key", f"/new-key?source={segment(source)}")]
    title = "Its keys" if len(keys) <= _MOST_ROWS else f"Its first {_MOST_ROWS:,} keys"
    own = [(title, table_of(KEYS, keys[:_MOST_ROWS], lambda row: key_path(row.id)))]
    facts = facts_of(SENDERS, found)
    return _one(console, request, visitor, SENDER, facts, is_over=found.ended_at, links=links, tables=own)


@dataclass(frozen=True, slots=True)
class Ending:
    """How a noun is ended for good: the word of its form and the button, the act that is kept, and what does it.
    `name`: what stands for it in its address.
    """

    noun: str
    name: str
    to: str
    button: str
    action: str
    work: Callable[[Store, str], object]
    path: Callable[[str], str]


# At the latest after five seconds a key opens nothing any more.
KEY = Ending("Key", "key", "revoke", "Revoke", "revoke_key", operations.revoke_key, key_path)
SENDER = Ending(
    "Sender", "source", "end", "End: it may send nothing any more", "end_sender", operations.end_sender, sender_path
)  # fmt: skip


async def end(console: Console, request: Request, of: Ending) -> Response:
    """Ends it."""
    visitor, form = await posted(console, request, "administer")
    name, store = request.path_params[of.name], console.api.runtime.store
    if form.text("to") != of.to:
        raise NotFound("unknown_action", "There is no such action.")
    await perform(
        console, visitor.session, lambda: of.work(store, name), form_id=form.text("event"), action=of.action,
        reason=needed_reason(form), details={of.name: name},
    )  # fmt: skip
    return moved(of.path(name))


def _one(
    console: Console,
    request: Request,
    visitor: Visitor,
    of: Ending,
    facts: Mapping[str, Any],
    *,
    is_over: datetime | None,
    links: Sequence[tuple[str, str]],
    tables: Sequence[tuple[str, Table]] = (),
) -> Response:
    """One of them with its facts, and the button that ends it."""
    return console.page(
        request, "one.html", visitor,
        title=f"{of.noun} {request.path_params[of.name]}", facts_of=facts, event=new_event_id(), back="/keys",
        tables=tables, links=links, changes=[] if is_over else [(of.to, of.button)],
    )  # fmt: skip


def _check_source(source: str) -> None:
    if not source or len(source) > 200 or not source.isprintable():
        raise Refused("bad_name", "A source is named by 1 to 200 printable characters.")


def _text(made: Key | None) -> str | None:
    return None if made is None else made.text


def _scopes(form: Form) -> list[Scope]:
    found: list[Scope] = [scope for scope in SCOPES if scope in form.texts("scope")]
    if not found:
        raise Refused("no_scope", "Choose at least one scope.")
    return found


def _days(text: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 5 and 1 <= int(text) <= _LONGEST_DAYS):
        raise Refused("bad_days", f"Days: a whole number from 1 to {_LONGEST_DAYS}, or nothing.")
    return int(text)


async def _key_form(
    console: Console, request: Request, visitor: Visitor, given: dict[str, str], wrong: str = ""
) -> Response:
    known = await console.api.read(lambda tx: senders.senders(tx, limit=_MOST_ROWS))
    sources = [one.source for one in known if one.ended_at is None]
    fields = [
        FormField("source", "Sender", kind="suggested", options=sources, required=True),
        FormField("scope", "Scopes", kind="several", options=SCOPES, required=True, value="send read"),
        FormField("days", "Over after so many days", "empty: it does not end by itself", "number"),
    ]
    lead = "A program of this sender calls the API with it. It is shown once, when it is made."
    page = FormPage("New key", fields, "/keys", "Make the key", lead)
    return form_page(console, request, visitor, page, given, wrong)


def _sender_form(
    console: Console, request: Request, visitor: Visitor, given: dict[str, str], wrong: str = ""
) -> Response:
    fields = [
        FormField("source", "Source", "what its events say in source", required=True),
        FormField("types", "Types that it may send", "empty: every type", "lines"),
        FormField("accounts", "Accounts that it may name", "empty: every account; crm-* for a beginning", "lines"),
    ]  # fmt: skip
    lead = "A source that is known already is changed to what is given here."
    page = FormPage("Sender", fields, "/keys", "Keep", lead)
    return form_page(console, request, visitor, page, given, wrong)

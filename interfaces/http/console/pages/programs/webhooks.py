"""Webhooks: endpoints with how they do, their deliveries one by one, and what may be done with them. Rule: R13.3."""

from __future__ import annotations

import json
from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response

from interfaces.fields.values import counted
from interfaces.fields.webhooks import DELIVERIES, ENDPOINTS
from interfaces.http.api.reads.listing import Place
from interfaces.http.console.context import Console, NotPermitted, Visitor, moved
from interfaces.http.console.doing import perform
from interfaces.http.console.forms import FormField, FormPage, form_page
from interfaces.http.console.pages.lists import facts_of, table_of
from interfaces.http.console.pages.pager import paged, place_in
from interfaces.http.console.pages.programs.secrets import secret_page
from interfaces.http.console.paths import delivery_path, endpoint_path
from interfaces.http.console.respond import Form, posted
from interfaces.http.console.tokens import new_event_id
from interfaces.http.routing import number_in
from settlement.errors import NotFound, Refused
from settlement.operations.webhooks import endpoints as operations
from settlement.operations.webhooks.requests import Response as Received
from settlement.queries.programs import webhooks
from settlement.queries.programs.webhooks import DeliveryView
from worker.runtime import host_now

_ROWS = 50
_PLACE: Place[DeliveryView] = Place(lambda row: row.outbox_id, int)


async def webhooks_page(console: Console, request: Request) -> Response:
    """Every endpoint."""
    visitor = await console.visitor(request)
    found = await console.api.read(webhooks.endpoints)
    return console.page(
        request, "programs/webhooks.html", visitor, title="Webhooks",
        table=table_of(ENDPOINTS, found, lambda row: endpoint_path(row.id)),
    )  # fmt: skip


async def add_page(console: Console, request: Request) -> Response:
    """The form of a new endpoint."""
    visitor = await console.visitor(request, "administer")
    return _form(console, request, visitor, {})


async def add(console: Console, request: Request) -> Response:
    """Adds an endpoint and shows its secret, this once."""
    visitor, form = await posted(console, request, "administer")
    runtime, name, url = console.api.runtime, form.text("endpoint"), form.text("url")
    topics, accounts = form.lines("topics"), form.lines("accounts")
    source = form.text("source") or None

    def work() -> str:
        return operations.add_endpoint(
            runtime.store, name, url, topics=topics, accounts=accounts, source=source,
            private=runtime.settings.webhooks.private_addresses,
        )  # fmt: skip

    try:
        secret = await perform(
            console, visitor.session, work, form_id=form.text("event"), action="add_endpoint",
            reason=form.text("reason"),
            details={"endpoint": name, "url": url, "topics": topics, "accounts": accounts, "source": source},
        )  # fmt: skip
    except Refused as error:
        return _form(console, request, visitor, form.values(), error.message)
    return secret_page(
        console, request, visitor, title=f"Endpoint {name}", secret=secret, back=endpoint_path(name),
        lead=f"The secret of {name}, by which its receiver checks what it gets.",
    )  # fmt: skip


async def endpoint_page(console: Console, request: Request) -> Response:
    """One endpoint with its deliveries, the newest first."""
    return await _endpoint(console, request, await console.visitor(request))


async def change(console: Console, request: Request) -> Response:
    """Tries, pauses, resumes, gives another secret, delivers again, or takes away."""
    visitor, form = await posted(console, request, "operate")
    name, to = request.path_params["endpoint"], form.text("to")
    if to in ("rotate", "remove") and not visitor.may("administer"):
        raise NotPermitted("administer")
    await console.api.read(lambda tx: webhooks.endpoint(tx, name))
    try:
        made = await perform(
            console, visitor.session, _work(console, name, to, form), form_id=form.text("event"),
            action=f"{to}_endpoint", reason=form.text("reason"),
            details={"endpoint": name} | {key: form.text(key) for key in ("from", "to_id") if form.text(key)},
        )  # fmt: skip
    except Refused as error:
        return await _endpoint(console, request, visitor, wrong=error.message)
    match made:
        case str() | None if to == "rotate":
            return secret_page(
                console, request, visitor, title=f"Endpoint {name}", secret=made, back=endpoint_path(name),
                lead="The new secret. For a day messages are signed with the one before it as well.",
            )  # fmt: skip
        case Received():
            text = f"{made.status or 'no response'}: {made.text}".rstrip(": ")
            return await _endpoint(
                console, request, visitor, note=f"The test message was sent. Response: {text}"
            )
        case int() if to == "replay":
            note = f"To be delivered again: {counted(made, 'announcement')}."
            return await _endpoint(console, request, visitor, note=note)
        case _:
            return moved("/webhooks" if to == "remove" else endpoint_path(name))


async def delivery_page(console: Console, request: Request) -> Response:
    """One message: what it carries, and the last response to it."""
    visitor = await console.visitor(request)
    name, number = request.path_params["endpoint"], number_in(request.path_params, "delivery")
    found, facts = await console.api.read(lambda tx: webhooks.delivery(tx, name, number))
    return console.page(
        request, "programs/delivery.html", visitor, title=f"Announcement {found.announcement} to {name}",
        facts_of=facts_of(DELIVERIES, found, but=("response",)), response=found.response or "",
        data=json.dumps(facts, indent=2, ensure_ascii=False), back=endpoint_path(name),
    )  # fmt: skip


def _work(console: Console, name: str, to: str, form: Form) -> Callable[[], object]:
    """What is to be done.

    Raises:
        NotFound, Refused: it is nothing that there is, or what was typed does not fit.
    """
    runtime = console.api.runtime
    store, private = runtime.store, runtime.settings.webhooks.private_addresses
    match to:
        case "pause":
            return lambda: operations.pause_endpoint(store, name)
        case "resume":
            return lambda: operations.resume_endpoint(store, name)
        case "rotate":
            return lambda: operations.rotate_secret(store, name)
        case "test":
            return lambda: operations.try_endpoint(store, name, at=host_now(), private=private)
        case "replay":
            first, last = form.text("from"), form.text("to_id")
            return lambda: operations.replay(store, name, first=first, last=last)
        case "remove":
            if form.text("typed") != name:
                raise Refused("not_typed", f"All that waits for {name} would be gone: type its name.")
            return lambda: operations.remove_endpoint(store, name)
        case _:
            raise NotFound("unknown_action", "There is no such action.")


async def _endpoint(
    console: Console, request: Request, visitor: Visitor, *, wrong: str = "", note: str = ""
) -> Response:
    name = request.path_params["endpoint"]
    waiting = request.query_params.get("waiting") == "true"
    after = place_in(request, _PLACE)
    found, rows = await console.api.read(
        lambda tx: (
            webhooks.endpoint(tx, name),
            webhooks.deliveries(tx, name, limit=_ROWS + 1, after=after, waiting=waiting),
        )
    )
    page = paged(request, rows, _ROWS, _PLACE)
    return console.page(
        request, "programs/endpoint.html", visitor, 422 if wrong else 200,
        title=f"Endpoint {name}", endpoint=found, facts_of=facts_of(ENDPOINTS, found), wrong=wrong, note=note,
        table=table_of(DELIVERIES, page.rows, lambda row: delivery_path(name, row.outbox_id)),
        waiting=waiting, paged=page, event=new_event_id(), events=[new_event_id() for _ in range(3)],
    )  # fmt: skip


def _form(
    console: Console, request: Request, visitor: Visitor, given: dict[str, str], wrong: str = ""
) -> Response:
    fields = [
        FormField("endpoint", "Name", "lower-case letters, digits, dots and dashes", required=True),
        FormField("url", "Address", "https://…", required=True),
        FormField("topics", "Topics", "empty: all; bill.* for a beginning", "lines"),
        FormField("accounts", "Accounts", "empty: all; team-* for a beginning", "lines"),
        FormField("source", "Sender whose events' outcomes it gets as well"),
    ]
    lead = "It gets what is announced from now on. Its secret is shown once, when it is added."
    page = FormPage("New endpoint", fields, "/webhooks", "Add the endpoint", lead)
    return form_page(console, request, visitor, page, given, wrong)

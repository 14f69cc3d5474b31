"""Events that were set aside: tried again one by one or all of a reason, or dismissed as dealt with. Rule: R11.1."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from interfaces.fields.field import Field, Fields, figure
from interfaces.fields.values import counted, words
from interfaces.http.console.context import Console, NotPermitted, Visitor, moved
from interfaces.http.console.doing import perform
from interfaces.http.console.forms import FormField, FormPage, form_page, needed_reason
from interfaces.http.console.paths import event_path
from interfaces.http.console.respond import posted
from interfaces.http.console.tokens import SOURCE
from interfaces.http.routing import number_in
from settlement.errors import NotFound, Refused
from settlement.operations.inbox.replay import dismiss_events, replay_events
from settlement.queries import inbox
from settlement.queries.inbox import SetAsideView

SET_ASIDE: Fields[SetAsideView] = (
    Field("code", "reason", lambda row: row.code or "none", seen=lambda row: words(row.code) or "none"),
    figure("events", "events", lambda row: row.events),
    Field("first_at", "first", lambda row: row.first_at),
    Field("last_at", "last", lambda row: row.last_at),
)  # fmt: skip


def may_try_again(visitor: Visitor, source: str) -> bool:
    """What people sent at the console moves money, and is tried again by whoever may move it."""
    return visitor.may("operate") and (source != SOURCE or visitor.may("money"))


def to_try_again(visitor: Visitor, group: SetAsideView) -> int:
    """How many events of a reason the visitor may try again."""
    return group.events if may_try_again(visitor, SOURCE) else group.events - group.from_console


async def event_change(console: Console, request: Request) -> Response:
    """Tries one event again, or dismisses it."""
    visitor, form = await posted(console, request, "operate")
    number, wanted = number_in(request.path_params, "operation", "event"), form.text("to")
    if wanted not in ("replay", "dismiss"):
        raise NotFound("unknown_action", "There is no such action.")
    runtime, reason = console.api.runtime, form.text("reason")
    if wanted == "dismiss":
        reason = needed_reason(form)
    row = await console.api.read(lambda tx: inbox.row(tx, number))
    if wanted == "replay" and not may_try_again(visitor, row.source):
        raise NotPermitted("money")

    def change() -> None:
        if wanted == "replay":
            replay_events(runtime.store, [number])
        else:
            at, by = runtime.now(), visitor.session.name
            dismiss_events(runtime.store, [number], at=at, by=by, because=reason)

    await perform(
        console, visitor.session, change, form_id=form.text("event"), action=f"{wanted}_event",
        account=row.account or None, reason=reason, details={"event": number},
    )  # fmt: skip
    if wanted == "replay":
        console.api.intake.wake()
    return moved(event_path(number))


async def replay_page(console: Console, request: Request) -> Response:
    """The form to try all of a reason again."""
    visitor = await console.visitor(request, "operate")
    return await _form(console, request, visitor, {})


async def replay(console: Console, request: Request) -> Response:
    """Tries all that were set aside for a reason again, once their number was typed."""
    visitor, form = await posted(console, request, "operate")
    code, typed = request.path_params["code"], form.text("count")
    store = console.api.runtime.store
    events = await _events(console, visitor, code)
    but_source = None if may_try_again(visitor, SOURCE) else SOURCE
    if typed != str(events):
        wrong = f"{counted(events, 'event')} would wait again: type that number."
        return await _form(console, request, visitor, form.values(), wrong)
    try:
        reason = needed_reason(form)
        await perform(
            console, visitor.session, lambda: replay_events(store, code=code, but_source=but_source),
            form_id=form.text("event"), action="replay_events", reason=reason,
            details={"code": code, "events": events},
        )  # fmt: skip
    except Refused as error:
        return await _form(console, request, visitor, form.values(), error.message)
    console.api.intake.wake()
    return moved("/work")


async def _events(console: Console, visitor: Visitor, code: str) -> int:
    """How many events of a reason the visitor may try again.

    Raises:
        NotFound: none.
    """
    for group in await console.api.read(inbox.set_aside):
        if group.code == code and (events := to_try_again(visitor, group)):
            return events
    raise NotFound("none_set_aside", f"No event is set aside for the reason {code[:60]}.")


async def _form(
    console: Console, request: Request, visitor: Visitor, given: dict[str, str], wrong: str = ""
) -> Response:
    code = request.path_params["code"]
    events = await _events(console, visitor, code)
    lead = (
        f"{counted(events, 'event')} set aside for the reason {code} would wait again, and be handled as if "
        "they came now. Do this after what they were refused for was put right."
    )
    if not may_try_again(visitor, SOURCE):
        lead += (
            " What people sent at the console is not among them: it is tried again by whoever may move money."
        )
    fields = [FormField("count", "Number of events, typed", kind="number", required=True)]
    button = f"Try {counted(events, 'event')} again"
    page = FormPage(f"Try again: {words(code)}", fields, "/work", button, lead, reason_required=True)
    return form_page(console, request, visitor, page, given, wrong)

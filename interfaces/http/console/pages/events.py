"""Events that were set aside: tried again one by one or all of a reason, or dismissed as dealt with. Rule: R11.1."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from interfaces.fields.field import Field, Fields, figure
from interfaces.fields.values import counted, words
from interfaces.http.console.context import Console, Visitor, moved
from interfaces.http.console.doing import perform
from interfaces.http.console.forms import FormField, FormPage, form_page, needed_reason
from interfaces.http.console.respond import posted
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


async def event_change(console: Console, request: Request) -> Response:
    """Tries one event again, or dismisses it."""
    visitor, form = await posted(console, request, "operate")
    number, wanted = request.path_params["operation"], form.text("to")
    if wanted not in ("replay", "dismiss") or number >= 2**63:
        raise NotFound("unknown_action", "There is no such action.")
    runtime, reason = console.api.runtime, form.text("reason")
    if wanted == "dismiss":
        reason = needed_reason(form)
    row = await console.api.read(lambda tx: inbox.row(tx, number))

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
    return moved(f"/operations/{number}")


async def replay_page(console: Console, request: Request) -> Response:
    """The form to try all of a reason again."""
    visitor = await console.visitor(request, "operate")
    return await _form(console, request, visitor, {})


async def replay(console: Console, request: Request) -> Response:
    """Tries all that were set aside for a reason again, once their number was typed."""
    visitor, form = await posted(console, request, "operate")
    code, typed = request.path_params["code"], form.text("count")
    store = console.api.runtime.store
    group = await _group(console, code)
    if typed != str(group.events):
        wrong = f"{counted(group.events, 'event')} would wait again: type that number."
        return await _form(console, request, visitor, form.values(), wrong)
    try:
        reason = needed_reason(form)
        await perform(
            console, visitor.session, lambda: replay_events(store, code=code), form_id=form.text("event"),
            action="replay_events", reason=reason, details={"code": code, "events": group.events},
        )  # fmt: skip
    except Refused as error:
        return await _form(console, request, visitor, form.values(), error.message)
    console.api.intake.wake()
    return moved("/work")


async def _group(console: Console, code: str) -> SetAsideView:
    for group in await console.api.read(inbox.set_aside):
        if group.code == code:
            return group
    raise NotFound("none_set_aside", f"No event is set aside for the reason {code[:60]}.")


async def _form(
    console: Console, request: Request, visitor: Visitor, given: dict[str, str], wrong: str = ""
) -> Response:
    code = request.path_params["code"]
    group = await _group(console, code)
    lead = (
        f"{counted(group.events, 'event')} set aside for the reason {code} would wait again, and be handled as if "
        "they came now. Do this after what they were refused for was put right."
    )
    fields = [FormField("count", "Number of events, typed", kind="number", required=True)]
    button = f"Try {counted(group.events, 'event')} again"
    page = FormPage(f"Try again: {words(code)}", fields, "/work", button, lead, reason_required=True)
    return form_page(console, request, visitor, page, given, wrong)

"""What was set aside, brought back by operators: parked accounts, messages in quarantine. Rule: R11.4, R11.6."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from interfaces.fields.operations.quarantine import MESSAGES
from interfaces.http.console.context import Console, Visitor, moved
from interfaces.http.console.doing import perform
from interfaces.http.console.forms import FormPage, form_page, needed_reason
from interfaces.http.console.offers import Offer, as_sentence, role_reason
from interfaces.http.console.pages.lists import facts_of
from interfaces.http.console.paths import account_path, message_path
from interfaces.http.console.respond import posted
from interfaces.http.console.tokens import new_event_id
from interfaces.http.routing import number_in
from settlement.errors import NotFound, Refused
from settlement.operations import parked_accounts
from settlement.operations import quarantine as acts
from settlement.queries import accounts, quarantine
from settlement.queries.quarantine import QuarantineView
from worker.celery.put_back import put_back
from worker.queues import ALL

_WHOLE = "Its figures are whole again: it would not be parked again."


async def release_page(console: Console, request: Request) -> Response:
    """The form that lets a parked account take part again, with what its figures are now."""
    visitor = await console.visitor(request, "operate")
    return await _release_form(console, request, visitor, {})


async def release(console: Console, request: Request) -> Response:
    """Lets it take part again; its events and bills go on."""
    visitor, form = await posted(console, request, "operate")
    name, runtime = request.path_params["account"], console.api.runtime
    await console.api.read(lambda tx: accounts.account(tx, name))
    try:
        reason = needed_reason(form)
        await perform(
            console, visitor.session, lambda: parked_accounts.release(runtime.store, [name], at=runtime.now()),
            form_id=form.text("event"), action="release_account", account=name, reason=reason,
        )  # fmt: skip
    except Refused as error:
        return await _release_form(console, request, visitor, form.values(), error.message)
    console.api.intake.wake()
    return moved(account_path(name))


async def _release_form(
    console: Console, request: Request, visitor: Visitor, given: dict[str, str], wrong: str = ""
) -> Response:
    name, runtime = request.path_params["account"], console.api.runtime
    await console.api.read(lambda tx: accounts.account(tx, name))
    found = await console.api.in_thread(
        lambda: parked_accounts.recheck(runtime.store, [name], at=runtime.now(), policy=runtime.policy)
    )
    if not found:
        raise Refused("not_parked", f"Account {name} is not parked.")
    faults = "; ".join(fault.sentence for fault in found[0].faults)
    lead = (
        f"It was parked because: {found[0].account.reason}. "
        + (f"It would be parked again. Does not hold: {faults}." if faults else _WHOLE)
    )  # fmt: skip
    page = FormPage(f"Release account {name}", (), account_path(name), "Release", lead, reason_required=True)
    return form_page(console, request, visitor, page, given, wrong)


async def message_page(console: Console, request: Request) -> Response:
    """One message in quarantine."""
    visitor = await console.visitor(request)
    number = number_in(request.path_params, "message")
    row = await console.api.read(lambda tx: quarantine.row(tx, number))
    changes, offers = _offers(row, visitor)
    return console.page(
        request, "one.html", visitor, title=f"Message {number}", facts_of=facts_of(MESSAGES, row), changes=changes,
        offers=offers, event=new_event_id(), tables=(), links=(), back="/quarantine",
    )  # fmt: skip


async def change_message(console: Console, request: Request) -> Response:
    """Puts it back on its queue, or drops its bytes."""
    visitor, form = await posted(console, request, "operate")
    number, wanted = number_in(request.path_params, "message"), form.text("to")
    await console.api.read(lambda tx: quarantine.row(tx, number))
    if wanted not in ("release", "drop"):
        raise NotFound("unknown_action", "There is no such action.")
    reason = needed_reason(form)
    await perform(
        console, visitor.session, lambda: _change(console, number, wanted), form_id=form.text("event"),
        action=f"{wanted}_message", reason=reason, details={"message": number},
    )  # fmt: skip
    return moved(message_path(number))


def _change(console: Console, number: int, wanted: str) -> None:
    if wanted == "drop":
        acts.drop_messages(console.api.runtime.store, [number])
    else:
        put_back(console.api.runtime, [number])


def _offers(row: QuarantineView, visitor: Visitor) -> tuple[list[tuple[str, str]], list[Offer]]:
    """What the visitor may do with a message, and what not, with the reason."""
    why = role_reason(visitor, "operate") or ("" if row.state == "kept" else f"It was {row.state} already.")
    release = why
    if not why:
        try:
            acts.check_returnable(row.id, row.queue, row.kept_bytes, row.size, ALL)
        except Refused as error:
            release = as_sentence(error.message)
    found = [
        ("release", Offer("Put back on its queue", "", release)),
        ("drop", Offer("Drop its bytes", "", why)),
    ]
    return [(to, one.title) for to, one in found if not one.why], [one for _, one in found]

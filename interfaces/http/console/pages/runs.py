"""Runs: how far each is, as it goes; paused and resumed; and what a month close would come to, before it is one."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any, NamedTuple

from anyio.to_thread import run_sync
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from interfaces.fields.field import Field, Fields, figure
from interfaces.fields.runs import ISSUED, LEFT_UNSETTLED, PAID, RUNS, issued, paid
from interfaces.fields.values import Json, Money, words
from interfaces.http.console.context import Console, moved
from interfaces.http.console.doing import perform
from interfaces.http.console.pages.lists import facts_of, table_of
from interfaces.http.console.paths import run_path
from interfaces.http.console.respond import posted
from interfaces.http.console.tokens import new_event_id
from interfaces.http.routing import number_in
from settlement.errors import NotFound, Refused
from settlement.model.cycle import Cycle, cycle_text, parse_cycle, previous_cycle
from settlement.model.report import Report
from settlement.model.runs import MONTH_CLOSE
from settlement.operations.schedule import runs as run_operations
from settlement.operations.schedule.month_close import preview_month_close
from settlement.operations.schedule.requested_runs import StartedRun
from settlement.queries import bills, runs
from settlement.queries.runs import RunView
from settlement.rules.calendar import issuance_at, last_cycle_issued_by
from worker.requested_runs import wake_for

_EVERY_S = 1.0
# A dry run of more accounts takes minutes, and is the command's: it shows its progress.
_MOST_ACCOUNTS = 50_000
_BUSY = "busy"


class Compared(NamedTuple):
    """A figure of the dry run beside that of the month before; minor units where `currency` is given."""

    what: str
    now: int
    before: int | None
    currency: str | None

    def seen(self, value: int | None) -> Json:
        """A figure as it is presented."""
        return value if value is None or self.currency is None else Money(value, self.currency)

    @property
    def more(self) -> int | None:
        """By how much it differs."""
        return None if self.before is None else self.now - self.before


COMPARED: Fields[Compared] = (
    Field("what", "figure", lambda row: row.what),
    figure("now", "this month would be", lambda row: row.seen(row.now)),
    figure("before", "the month before was", lambda row: row.seen(row.before)),
    figure("more", "difference", lambda row: row.seen(row.more)),
)


async def run_page(console: Console, request: Request) -> Response:
    """One run and how far it is; while it goes, its progress comes by itself."""
    visitor, number = await console.visitor(request), number_in(request.path_params, "run")
    found = await console.api.read(lambda tx: runs.run(tx, number))
    return console.page(
        request, "run.html", visitor, title=f"Run {found.id}", run=found, going=found.state in ("running", "paused"),
        facts_of=facts_of(RUNS, found, but=("report",)), event=new_event_id(), **_tables(found.report),
    )  # fmt: skip


def _tables(report: Report) -> dict[str, Any]:
    left = [(str(reason), count) for reason, count in sorted(report.skipped.items())]
    if report.parked:
        left.append(("parked: figures did not add up", report.parked))
    return {
        "issued": table_of(ISSUED, list(issued(report))),
        "paid": table_of(PAID, list(paid(report))),
        "left": table_of(LEFT_UNSETTLED, left),
    }


async def run_events(console: Console, request: Request) -> Response:
    """The progress of a run as server-sent events, until it ends."""
    await console.visitor(request)
    number = number_in(request.path_params, "run")
    await console.api.read(lambda tx: runs.run(tx, number))

    async def lines() -> AsyncIterator[str]:
        while not await request.is_disconnected():
            found: RunView = await console.api.read(lambda tx: runs.run(tx, number))
            text = console.templates.get_template("run_progress.html").render(run=found)
            yield "data: " + text.replace("\n", " ") + "\n\n"
            if found.state not in ("running", "paused"):
                yield "event: done\ndata: done\n\n"
                return
            await asyncio.sleep(_EVERY_S)

    return StreamingResponse(lines(), media_type="text/event-stream", headers={"Cache-Control": "no-store"})


async def change_run(console: Console, request: Request) -> Response:
    """Pauses or resumes a run."""
    visitor, form = await posted(console, request, "operate")
    number, wanted = number_in(request.path_params, "run"), form.text("to")
    change = {"pause": run_operations.pause_run, "resume": run_operations.resume_run}.get(wanted)
    if change is None:
        raise NotFound("unknown_action", "There is no such action.")
    store = console.api.runtime.store
    run = await console.api.read(lambda tx: runs.run(tx, number))

    def work() -> None:
        change(store, number)
        if wanted == "resume":
            wake_for(run.kind, StartedRun(number, has_work=True))

    await perform(
        console, visitor.session, work, form_id=form.text("event"), action=f"{wanted}_run",
        reason=form.text("reason"), details={"run": number},
    )  # fmt: skip
    return moved(run_path(number))


async def dry_run_page(console: Console, request: Request) -> Response:
    """What the close of a month would issue and pay if it ran now; nothing is written."""
    visitor = await console.visitor(request)
    runtime, wrong, status = console.api.runtime, "", 200
    at = await console.api.in_thread(runtime.as_of)
    cycle = last_cycle_issued_by(at, runtime.policy)
    text = request.query_params.get("cycle", "").strip()
    report, before = None, None
    try:
        if text:
            cycle = parse_cycle(text)
            report = await _previewed(console, cycle)
            then = previous_cycle(cycle)
            before = await console.api.read(lambda tx: runs.of_cycle(tx, MONTH_CLOSE, then))
    except Refused as error:
        wrong, status = error.message, 429 if error.code == _BUSY else 422
    due_at = issuance_at(cycle, runtime.policy)
    tables = {} if report is None else _tables(report)
    compared = [] if report is None else _compared(report, None if before is None else before.report)
    return console.page(
        request, "dry_run.html", visitor, status,
        title="Dry run of a month close", cycle=cycle_text(cycle), wrong=wrong, found=report is not None,
        due_at=due_at, is_due=at >= due_at, tables=tables, compared=table_of(COMPARED, compared),
        before=None if before is None else run_path(before.id),
    )  # fmt: skip


async def _previewed(console: Console, cycle: Cycle) -> Report:
    runtime = console.api.runtime
    accounts = await console.api.read(lambda tx: bills.accruing_accounts(tx, cycle))
    if accounts > _MOST_ACCOUNTS:
        raise Refused(
            "too_many",
            f"{accounts:,} accounts have a bill of {cycle_text(cycle)}, more than a page waits for: "
            f"`settle month-close --dry-run --cycle {cycle_text(cycle)}` shows it with its progress",
        )
    if console.dry_runs.borrowed_tokens:
        raise Refused(_BUSY, "Somebody else's dry run is under way. Try again when it is done.")
    limits = runtime.month_close_limits
    return await run_sync(
        lambda: preview_month_close(runtime.store, cycle, policy=runtime.policy, limits=limits),
        limiter=console.dry_runs,
    )


def _compared(report: Report, before: Report | None) -> list[Compared]:
    """Bills and money by currency, beside what the close of the month before came to."""
    found: list[Compared] = []
    kinds = (
        ("bills issued in", "issued", False), ("issued", "issued_minor", True), ("bills settled in", "settled", False),
        ("paid", "paid_minor", True),
    )  # fmt: skip
    for what, name, is_money in kinds:
        now, then = getattr(report, name), getattr(before, name) if before else None
        for key in sorted({*now, *(then or Counter())}):
            currency = key.partition(" ")[0]
            label = f"{what} {words(key)}" if name == "paid_minor" else f"{what} {key}"
            found.append(
                Compared(label, now[key], None if then is None else then[key], currency if is_money else None)
            )
    return found

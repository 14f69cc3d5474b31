"""A month close before it is one: what it would issue and pay if it ran now, beside what the month before came to."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Any, NamedTuple, cast

import structlog
from anyio.to_thread import run_sync
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import Response

from interfaces.fields.field import Field, Fields, figure
from interfaces.fields.values import Json, Money
from interfaces.http.api.dry_runs import BUSY, one_dry_run
from interfaces.http.console.context import Console
from interfaces.http.console.messages import LAST_MESSAGE, as_message, as_messages
from interfaces.http.console.pages.lists import table_of
from interfaces.http.console.pages.runs import tables_of
from interfaces.http.console.paths import run_path
from settlement.errors import Refused, Unavailable
from settlement.model.cycle import Cycle, cycle_text, parse_cycle, previous_cycle
from settlement.model.funds import FUNDS, FundSource
from settlement.model.report import Report
from settlement.model.runs import MONTH_CLOSE
from settlement.operations.schedule.month_close import preview_month_close, preview_ranges
from settlement.operations.schedule.run_previews import MOST_AT_ONCE
from settlement.queries import bills, runs
from settlement.rules.calendar import issuance_at, last_cycle_issued_by

log = structlog.stdlib.get_logger(__name__)


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


async def dry_run_page(console: Console, request: Request) -> Response:
    """What the close of a month would come to if it ran now; nothing is written."""
    visitor = await console.visitor(request)
    runtime, wrong, status = console.api.runtime, "", 200
    at = await console.api.in_thread(runtime.as_of)
    cycle, text = last_cycle_issued_by(at, runtime.policy), request.query_params.get("cycle", "").strip()
    accounts, found = 0, dict[str, Any]()
    try:
        if text:
            cycle = parse_cycle(text)
            accounts = await console.api.read(lambda tx: bills.accruing_accounts(tx, cycle))
            if accounts <= MOST_AT_ONCE:
                found = await _values(console, cycle, await _previewed(console, cycle))
    except Refused as error:
        wrong, status = error.message, 429 if error.code == BUSY else 422
    return console.page(
        request, "runs/dry_run.html", visitor, status, title="Dry run of a month close", wrong=wrong, found=bool(found),
        accounts=accounts if accounts > MOST_AT_ONCE else 0, **{"cycle": cycle_text(cycle), **found},
    )  # fmt: skip


async def dry_run_events(console: Console, request: Request) -> Response:
    """How far the dry run is, range by range, as server-sent events, and at last what it found. It ends with whoever
    looks at it.
    """
    await console.visitor(request)
    runtime = console.api.runtime
    cycle = parse_cycle(request.query_params.get("cycle", ""))
    # Whoever asks the clocks reads the policy that holds now.
    await console.api.in_thread(runtime.as_of)
    accounts = await console.api.read(lambda tx: bills.accruing_accounts(tx, cycle))

    async def parts() -> AsyncGenerator[str]:
        report, seen = Report(), 0
        with one_dry_run(console.api):
            limits = runtime.month_close_limits
            ranges = preview_ranges(runtime.store, cycle, policy=runtime.policy, limits=limits)
            # In a transaction a range, and on no thread of those by which pages are read.
            while (step := await run_sync(next, ranges, None)) is not None:
                examined, report = step
                seen += examined
                yield _part(console, "runs/dry_run_progress.html", seen=seen, accounts=accounts)
        yield _part(console, "runs/dry_run_found.html", **await _values(console, cycle, report))

    async def messages() -> AsyncIterator[str]:
        try:
            async with aclosing(parts()) as found:
                async for part in found:
                    yield as_message(part)
        except Refused as error:
            yield as_message(_part(console, "runs/dry_run_ended.html", wrong=error.message))
        except (Unavailable, SQLAlchemyError) as error:
            log.warning("dry run ended", error=str(error))
            wrong = "The database is away or busy. Try again."
            yield as_message(_part(console, "runs/dry_run_ended.html", wrong=wrong))
        yield LAST_MESSAGE

    return as_messages(messages())


async def _previewed(console: Console, cycle: Cycle) -> Report:
    runtime = console.api.runtime
    limits = runtime.month_close_limits
    with one_dry_run(console.api):
        return await run_sync(
            lambda: preview_month_close(runtime.store, cycle, policy=runtime.policy, limits=limits)
        )


async def _values(console: Console, cycle: Cycle, report: Report) -> dict[str, Any]:
    """What was found, as it is shown."""
    policy = console.api.runtime.policy
    at = await console.api.in_thread(console.api.runtime.as_of)
    before = await console.api.read(lambda tx: runs.of_cycle(tx, MONTH_CLOSE, previous_cycle(cycle)))
    compared = _compared(report, None if before is None else before.report)
    due_at = issuance_at(cycle, policy)
    return {
        "cycle": cycle_text(cycle), "due_at": due_at, "is_due": at >= due_at, "tables": tables_of(report),
        "compared": table_of(COMPARED, compared), "before": None if before is None else run_path(before.id),
    }  # fmt: skip


def _part(console: Console, template: str, **values: Any) -> str:
    """A part of the page."""
    return console.templates.get_template(template).render(zone=console.api.runtime.policy.zone, **values)


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
            currency, _, source = key.partition(" ")
            label = f"{what} {currency}" + (
                f" by {FUNDS[cast('FundSource', source)].titles}" if source else ""
            )
            found.append(
                Compared(label, now[key], None if then is None else then[key], currency if is_money else None)
            )
    return found

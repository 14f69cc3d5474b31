"""A statement: an account and a month, with every balance and movement. Rule: R9.*."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from interfaces.http.console.context import Console, moved
from interfaces.http.console.pages.bills import cycle_in
from interfaces.http.console.pages.lists import Table
from interfaces.http.console.paths import statement_path
from interfaces.objects.statement_text import facts, parts, provisional, title
from interfaces.objects.statements import csv_header, csv_lines
from settlement.errors import Refused
from settlement.model.cycle import cycle_text, parse_cycle
from settlement.operations.reports.statements import read_statement
from settlement.queries import accounts
from settlement.rules.calendar import last_cycle_issued_by


async def choose_page(console: Console, request: Request) -> Response:
    """The form: which account, which month. By default the month that was closed last."""
    visitor = await console.visitor(request)
    account, month = (request.query_params.get(name, "").strip() for name in ("account", "cycle"))
    runtime, wrong = console.api.runtime, ""
    at = await console.api.in_thread(runtime.as_of)
    if account and month:
        try:
            cycle = parse_cycle(month)
            await console.api.read(lambda tx: accounts.account(tx, account))
            return moved(statement_path(account, cycle_text(cycle)))
        except Refused as error:
            wrong = error.message
    return console.page(
        request, "accounts/statements.html", visitor, 422 if wrong else 200, title="Statements",
        account=account, wrong=wrong, cycle=month or cycle_text(last_cycle_issued_by(at, runtime.policy)),
    )  # fmt: skip


async def statement_page(console: Console, request: Request) -> Response:
    """The statement of an account and a month."""
    visitor = await console.visitor(request)
    account, cycle, runtime = request.path_params["account"], cycle_in(request), console.api.runtime
    found = await console.api.in_thread(
        lambda: read_statement(runtime.store, account, cycle, at=runtime.as_of(), policy=runtime.policy)
    )
    zone = runtime.policy.zone
    if request.query_params.get("format") == "csv":
        named = {"Content-Disposition": 'attachment; filename="statement.csv"'}
        return Response(csv_header() + b"".join(csv_lines([found])), media_type="text/csv", headers=named)
    tables = [
        (
            part.heading,
            Table(
                [(column.name, column.right) for column in part.columns],
                [(None, row) for row in part.rows],
                [False] * len(part.columns),
            ),
        )
        for part in parts(found, zone)
    ]
    return console.page(
        request, "accounts/statement.html", visitor, title=title(found), note=provisional(found),
        facts_of=dict(facts(found, zone)), parts=tables, account=account, cycle=request.path_params["cycle"],
    )  # fmt: skip

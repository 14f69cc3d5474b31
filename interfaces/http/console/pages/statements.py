"""A statement: an account and a month, with every balance and movement. Rule: R9.*."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from interfaces.http.console.context import Console
from interfaces.http.console.pages.bills import cycle_in
from interfaces.http.console.pages.lists import Table
from interfaces.objects.statement_text import facts, parts, provisional, title
from settlement.operations.reports.statements import read_statement


async def statement_page(console: Console, request: Request) -> Response:
    """The statement of an account and a month."""
    visitor = await console.visitor(request)
    account, cycle, runtime = request.path_params["account"], cycle_in(request), console.api.runtime
    found = await console.api.in_thread(
        lambda: read_statement(runtime.store, account, cycle, at=runtime.as_of(), policy=runtime.policy)
    )
    zone = runtime.policy.zone
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

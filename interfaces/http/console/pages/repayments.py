"""One repayment: which funds paid, and the entries of the ledger that its cause made. Rule: R10.1, R11.2."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from interfaces.fields.ledger import ENTRIES
from interfaces.fields.repayments import FUNDS, REPAYMENTS, FundOfRepayment, funds
from interfaces.fields.values import bill_name
from interfaces.http.api.reads.listing import records_since
from interfaces.http.console.context import Console
from interfaces.http.console.pages.bills import cycle_in
from interfaces.http.console.pages.lists import cut_at, facts_of, table_of
from interfaces.http.console.paths import account_path, bill_path, charge_path
from settlement.model.cycle import cycle_text
from settlement.queries import ledger, repayments

MOST_ENTRIES = 200
# Of its facts, what the page shows otherwise.
_ELSEWHERE = ("repayment", "lines", "groups")


async def repayment_page(console: Console, request: Request) -> Response:
    """A repayment by its bill and its cause."""
    visitor = await console.visitor(request)
    account, cycle, cause = request.path_params["account"], cycle_in(request), request.path_params["cause"]
    since = await console.api.in_thread(records_since, console.api.runtime)
    found, entries = await console.api.read(
        lambda tx: (
            repayments.repayment(tx, account, cycle, cause, since=since),
            ledger.of_cause(tx, account, cause, limit=MOST_ENTRIES + 1),
        )
    )
    name = bill_name(account, cycle)
    return console.page(
        request, "accounts/repayment.html", visitor, title=f"Repayment of {name}",
        facts_of=facts_of(REPAYMENTS, found, but=_ELSEWHERE),
        lines=table_of(FUNDS, list(funds([found])), _charge_link, "charge"),
        entries=table_of(ENTRIES, entries[:MOST_ENTRIES]), cut=cut_at(entries, MOST_ENTRIES),
        links=[(f"Bill {name}", bill_path(account, cycle_text(cycle))), (f"Account {account}", account_path(account))],
    )  # fmt: skip


def _charge_link(row: FundOfRepayment) -> str | None:
    return None if row.line.charge is None else charge_path(row.line.charge)

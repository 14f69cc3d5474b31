"""Every listing of the API as a page: filters in the address, a table, the next page, the whole as CSV."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from interfaces.fields.field import Field, Fields
from interfaces.fields.repayments import since_when
from interfaces.fields.values import words
from interfaces.http.api.reads.listing import Listing
from interfaces.http.api.reads.listings import LISTINGS
from interfaces.http.api.reads.pages import MOST_ROWS, elsewhere_of, lines_of, page_of, parameters_of
from interfaces.http.console.calendar import owed_values
from interfaces.http.console.context import Console
from interfaces.http.console.marks import State
from interfaces.http.console.pages.pager import paged
from interfaces.http.console.paths import (
    account_path,
    charge_path,
    event_path,
    link_to_bill,
    message_path,
    refund_path,
    repayment_path,
    run_path,
    settlement_path,
)
from interfaces.http.console.tokens import SOURCE
from settlement.queries.accounts import HoldView
from settlement.queries.payments import PaymentView
from settlement.queries.repayments import RepaymentView

Link = Callable[[Any], str | None]


@dataclass(frozen=True, slots=True)
class ListPage:
    """A listing as a page. `link`: the page of a row, to which its column `linked` leads, else the first; `empty`: what
    to say where nothing is; `more`: what its template names besides.
    """

    listing: Listing[Any]
    title: str
    empty: str
    link: Link | None = None
    template: str = "list.html"
    more: Callable[[Console], Awaitable[Mapping[str, Any]]] | None = None
    linked: str = ""


async def _since_when(console: Console) -> Mapping[str, Any]:
    """Of which bills there are records, as a sentence."""
    # The page was read by the clocks a moment ago, and by this policy.
    text = since_when(console.api.runtime.policy)
    return {"note": f"{text[0].upper()}{text[1:]}."}


_NAMED = {listing.id: listing for listing in LISTINGS}
LIST_PAGES = (
    ListPage(_NAMED["list_accounts"], "Accounts", "No account was opened yet.",
             lambda row: account_path(row.external_id)),
    ListPage(_NAMED["list_bills"], "Bills", "No bill yet. Bills appear with the first fee of a month.",
             link_to_bill),
    ListPage(_NAMED["list_overdue"], "Overdue bills", "No bill is overdue.", link_to_bill),
    ListPage(_NAMED["list_repayments"], "Repayments", "No bill was paid yet.", repayment_path,
             more=_since_when),
    ListPage(_NAMED["list_payments"], "Payments by hand",
             "No bill was paid by hand yet. The page of an unsettled bill has the form.", link_to_bill),
    ListPage(_NAMED["list_charges"], "Charges", "No payment method was charged yet.",
             lambda row: charge_path(row.reference)),
    ListPage(_NAMED["list_refunds"], "Refunds", "Nothing was refunded to a payment method yet.",
             lambda row: refund_path(row.reference)),
    ListPage(_NAMED["list_disputes"], "Disputes", "Nothing was taken back.", lambda row: account_path(row.account)),
    ListPage(_NAMED["list_relationships"], "Relationships",
             "No account pays for another. The page of an account invites members."),
    ListPage(_NAMED["list_transfers"], "Transfers",
             "Nothing was sent yet. The page of a member's account has the form.", lambda row: event_path(row.event)),
    ListPage(_NAMED["list_settlements"], "Unified settlements", "No unified settlement was created yet.",
             lambda row: settlement_path(row.main, row.name), "settlements/settlements.html", linked="settlement"),
    ListPage(_NAMED["list_events"], "Events", "No event came yet.", lambda row: event_path(row.id)),
    ListPage(_NAMED["list_runs"], "Runs", "No month was closed yet.", lambda row: run_path(row.id),
             "runs/runs.html", owed_values),
    ListPage(_NAMED["list_slots"], "Scheduled instants", "None was recorded yet."),
    ListPage(_NAMED["list_parked"], "Parked accounts", "No account is parked: every account's figures add up.",
             lambda row: account_path(row.name)),
    ListPage(_NAMED["list_quarantine"], "Quarantine", "No message is in quarantine.",
             lambda row: message_path(row.id)),
    ListPage(_NAMED["list_differences"], "Reconciliation", "Our books and the gateways' agree."),
)  # fmt: skip


async def list_page(console: Console, request: Request, of: ListPage) -> Response:
    """A page of a listing, or all of its rows as CSV."""
    visitor = await console.visitor(request)
    query = {name: value for name, value in request.query_params.items() if value != ""}
    as_csv = query.pop("format", "") == "csv"
    limit, after, filters = parameters_of(of.listing, request.path_params, list(query.items()))
    fields = await console.api.in_thread(of.listing.fields, console.api.runtime)
    if as_csv:
        first = await page_of(console.api, of.listing, MOST_ROWS, after, filters)
        rows = lines_of(console.api, of.listing, fields, filters, first)
        named = {"Content-Disposition": f'attachment; filename="{of.listing.name.replace("_", "-")}.csv"'}
        return StreamingResponse(rows, media_type="text/csv", headers=named)
    found = await page_of(console.api, of.listing, limit + 1, after, filters)
    page = paged(request, found, limit, of.listing.place)
    kept = {name: value for name, value in query.items() if name != "after"}
    return console.page(
        request, of.template, visitor,
        title=of.title, lead=of.listing.means, empty=of.empty, filters=of.listing.filters, query=kept,
        table=table_of(fields, page.rows, of.link, of.linked), paged=page,
        csv=f"?{urlencode({**kept, 'format': 'csv'})}",
        elsewhere=await elsewhere_of(console.api, of.listing, filters),
        **({} if of.more is None else await of.more(console)),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Table:
    """Rows as they are shown: headings, and the values of each row with the path of its own page, to which the column
    `linked` leads.
    """

    headings: Sequence[tuple[str, bool]]
    rows: Sequence[tuple[str | None, Sequence[Any]]]
    bare: Sequence[bool]
    linked: int = 0


def cut_at(rows: Sequence[Any], most: int) -> int | None:
    """How many of the rows are shown where there are more than that; None where all are. One more is read."""
    return most if len(rows) > most else None


def table_of(fields: Fields[Any], rows: Sequence[Any], link: Link | None = None, linked: str = "") -> Table:
    """Rows of a noun as a table. `linked`: the key of the column that leads to a row's page, the first by default."""
    titled = [field for field in fields if field.title]
    return Table(
        [(field.title, field.right) for field in titled],
        [
            (
                None if link is None else link(row),
                [_as_seen(field, row, (field.seen or field.read)(row)) for field in titled],
            )
            for row in rows
        ],
        [field.bare for field in titled],
        next((place for place, field in enumerate(titled) if linked and field.key == linked), 0),
    )


# What a key does not say by its own words.
_CALLED = {
    "action_url": "where its payer confirms it", "asks": "times asked", "cycle": "month", "fails": "failures in a row",
    "gateway_ref": "id at the gateway", "logical_at": "due", "message": "response of the gateway",
    "next_at": "asked again", "previous_until": "old secret valid until", "rests_until": "tried again from",
    "url": "address",
}  # fmt: skip
# Their values are codes of ours, or sentences that are left as they are.
_CODES = ("kind", "action", "reason", "code", "paused_because", "initiator")
_STATES = ("state", "charge_state", "outcome")
# Where a payment is named, and what stands there where it was made at the console.
_BY_HAND = {"payment": "by hand", "ref": "by hand", "reference": "payment by hand"}
_CODE = re.compile(r"[a-z]+(_[a-z]+)+")


def facts_of(fields: Fields[Any], row: Any, *, but: Sequence[str] = ()) -> Mapping[str, Any]:
    """A row as facts, each by its name in words; without what there is none of."""
    found = {
        _CALLED.get(field.key) or words(field.key.removesuffix("_at")): _fact(field, row)
        for field in fields
        if field.key and field.key not in but
    }
    return {name: value for name, value in found.items() if value not in (None, "")}


def _fact(field: Field[Any], row: Any) -> Any:
    """What is a list, or nothing that means something, as people are shown it."""
    value = field.read(row)
    if field.key in _CODES or field.key in _STATES or _is_by_hand(field, row):
        return _as_seen(field, row, value)
    return (field.seen or field.read)(row) if value is None or isinstance(value, list | tuple) else value


def _as_seen(field: Field[Any], row: Any, value: Any) -> Any:
    """A state as one, a code of ours as people read it, a payment by hand as one where nobody named it."""
    if _is_by_hand(field, row):
        return _BY_HAND[field.key]
    if isinstance(value, str) and (field.key in _STATES or field.title in _STATES):
        return State(value)
    is_code = field.key in _CODES and isinstance(value, str) and _CODE.fullmatch(value)
    return words(value) if is_code else value


def _is_by_hand(field: Field[Any], row: Any) -> bool:
    """Does it name a payment by hand that was made at the console, whose name a form made and says nothing."""
    is_named = field.key in _BY_HAND and isinstance(row, PaymentView | RepaymentView | HoldView)
    return is_named and row.requested_by == SOURCE

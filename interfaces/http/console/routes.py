"""Every page of the console: where it is, and what answers it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import partial

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from interfaces.http.api.context import Api
from interfaces.http.console.context import ASSETS, PREFIX, Console, moved, templates
from interfaces.http.console.oidc import Provider
from interfaces.http.console.pages import (
    accounts,
    approvals,
    bills,
    charges,
    dry_runs,
    events,
    forms,
    login,
    oidc,
    overview,
    payments,
    repayments,
    resolutions,
    runs,
    set_aside,
    settlements,
    statements,
    work,
)
from interfaces.http.console.pages.lists import LIST_PAGES, ListPage, list_page
from interfaces.http.console.pages.programs import keys, webhooks
from interfaces.http.console.paths import account_path, bill_path
from interfaces.http.console.respond import HEADERS, Handler, as_page
from interfaces.http.routing import RawRoute
from settlement.errors import NotFound

_KINDS = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_ACCOUNT = "/accounts/{account}"
_BILL = "/bills/{account}/{cycle}"
_SETTLEMENT = "/unified-settlements/{main}/{settlement}"
# What is named has no fixed neighbour, which would hide what somebody gave the same name.
PAGES: dict[str, Handler] = {
    "": overview.overview_page,
    "/login": login.login_page,
    "/link/{token}": login.link_page,
    "/oidc/begin": oidc.begin,
    "/oidc/callback": oidc.finish,
    "/unified-settlements/new": settlements.wizard_page,
    f"{_SETTLEMENT}/list.csv": settlements.settlement_csv,
    f"{_SETTLEMENT}/now": settlements.settlement_now,
    _SETTLEMENT: settlements.settlement_page,
    _ACCOUNT: accounts.account_page,
    f"{_ACCOUNT}/do/{{action}}": forms.action_page,
    f"{_ACCOUNT}/statements/{{cycle}}": statements.statement_page,
    _BILL: bills.bill_page,
    f"{_BILL}/now": bills.bill_now,
    f"{_BILL}/pay": payments.pay_page,
    "/charges/{charge}": charges.charge_page,
    "/charges/{charge}/resolve": partial(resolutions.resolve_page, of=resolutions.CHARGE),
    "/refunds/{refund}": charges.refund_page,
    "/refunds/{refund}/resolve": partial(resolutions.resolve_page, of=resolutions.REFUND),
    "/operations/{operation:int}": forms.operation_page,
    "/runs/dry-run": dry_runs.dry_run_page,
    "/runs/dry-run/events": dry_runs.dry_run_events,
    "/runs/{run:int}": runs.run_page,
    "/runs/{run:int}/events": runs.run_events,
    "/work": work.work_page,
    "/work/now": work.work_now,
    "/work/replay/{code}": events.replay_page,
    f"{_ACCOUNT}/release": set_aside.release_page,
    "/quarantine/{message:int}": set_aside.message_page,
    "/repayments/{account}/{cycle}/{cause}": repayments.repayment_page,
    "/statements": statements.choose_page,
    "/audit": work.audit_page,
    "/webhooks": webhooks.webhooks_page,
    "/new-endpoint": webhooks.add_page,
    "/webhooks/{endpoint}": webhooks.endpoint_page,
    "/webhooks/{endpoint}/deliveries/{delivery:int}": webhooks.delivery_page,
    "/keys": keys.keys_page,
    "/new-key": keys.new_key_page,
    "/keys/{key}": keys.key_page,
    "/new-sender": keys.new_sender_page,
    "/senders/{source}": keys.sender_page,
    "/approvals": approvals.approvals_page,
    "/approvals/{request:int}": approvals.approval_page,
    "/acts": work.acts_page,
    "/users": work.users_page,
}
FORMS: dict[str, Handler] = {
    "/login": login.login,
    "/link/{token}": login.login_by_link,
    "/logout": login.logout,
    "/unified-settlements/new": settlements.create,
    f"{_ACCOUNT}/do/{{action}}": forms.action_sent,
    f"{_BILL}/pay": payments.pay,
    f"{_ACCOUNT}/release": set_aside.release,
    "/quarantine/{message:int}": set_aside.change_message,
    "/charges/{charge}/resolve": partial(resolutions.resolve, of=resolutions.CHARGE),
    "/refunds/{refund}/resolve": partial(resolutions.resolve, of=resolutions.REFUND),
    "/operations/{operation:int}": events.event_change,
    "/work/replay/{code}": events.replay,
    "/new-endpoint": webhooks.add,
    "/webhooks/{endpoint}": webhooks.change,
    "/new-key": keys.new_key,
    "/keys/{key}": partial(keys.end, of=keys.KEY),
    "/new-sender": keys.new_sender,
    "/senders/{source}": partial(keys.end, of=keys.SENDER),
    "/approvals/{request:int}": approvals.decision,
    "/runs/{run:int}": runs.change_run,
}


def console_routes(api: Api) -> list[Route]:
    """The routes of the console over what the API reads and sends by."""
    contents = {
        asset.name: asset.read_bytes() for asset in ASSETS.iterdir() if asset.name.endswith(tuple(_KINDS))
    }
    versions = {name: hashlib.sha256(content).hexdigest()[:12] for name, content in contents.items()}
    oidc_settings = api.runtime.settings.oidc
    provider = Provider(oidc_settings) if oidc_settings.issuer else None
    console = Console(api, templates(), versions, provider)

    def route(method: str, path: str, handle: Handler) -> Route:
        return RawRoute(f"{PREFIX}{path}", as_page(console, handle), methods=[method])

    return [
        Route(f"{PREFIX}/assets/{{version}}/{{name}}", partial(_asset, contents), methods=["GET"]),
        Route(f"{PREFIX}/", lambda _: RedirectResponse(PREFIX, 308), methods=["GET"]),
        route("GET", "/find", _find),
        *(route("GET", path, handle) for path, handle in PAGES.items()),
        *(route("POST", path, handle) for path, handle in FORMS.items()),
        *(route("GET", page.listing.path, partial(_listed, page)) for page in LIST_PAGES),
    ]


async def _listed(page: ListPage, console: Console, request: Request) -> Response:
    return await list_page(console, request, page)


async def _asset(contents: Mapping[str, bytes], request: Request) -> Response:
    """A file of our own. Its address changes with its content, so it may be kept for ever."""
    name = request.path_params["name"]
    if name not in contents:
        return Response("", 404)
    kind = _KINDS[name[name.rindex(".") :]]
    headers = {**HEADERS, "Cache-Control": "public, max-age=31536000, immutable"}
    return Response(contents[name], media_type=kind, headers=headers)


async def _find(console: Console, request: Request) -> Response:
    """The account or the bill of this name."""
    await console.visitor(request)
    name = request.query_params.get("name", "").strip()
    account, _, cycle = name.rpartition(":")
    if account and len(cycle) == 7 and cycle[:4].isdigit():
        return moved(bill_path(account, cycle))
    if not name:
        raise NotFound("unknown_account", "Type the name of an account, or of a bill: ACCOUNT:YYYY-MM.")
    return moved(account_path(name))

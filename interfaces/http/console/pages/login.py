"""Signing in and out. Rule: R14.1."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from interfaces.http.console.context import COOKIE, PREFIX, Console, moved
from interfaces.http.console.respond import check_same_site, posted, read_form
from settlement.errors import Refused
from settlement.model.policies.users import SESSION_LASTS
from settlement.operations import users


async def login_page(console: Console, request: Request) -> Response:
    """The form to sign in by name and password."""
    return login_form(console, request, own_page(request.query_params.get("next", "")))


async def login(console: Console, request: Request) -> Response:
    """Signs in; a wrong password comes back to the form."""
    check_same_site(request)
    if not console.api.runtime.settings.console.local_login:
        return login_form(console, request, PREFIX, "Nobody signs in by password here.", status=403)
    form = await read_form(console, request)
    following = own_page(form.text("next"))
    try:
        token = await console.api.in_thread(
            users.sign_in, console.api.runtime.store, form.text("name")[:80], form.text("password")[:1_000]
        )
    except Refused as error:
        status = 429 if error.code == "locked" else 422
        return login_form(console, request, following, error.message, form.text("name"), status)
    return _signed_in(request, token, following)


async def link_page(console: Console, request: Request) -> Response:
    """A link signs in by a click on its page: what only looks at addresses does not use it up."""
    token = request.path_params["token"]
    return console.page(request, "login/login_link.html", None, token=token)


async def login_by_link(console: Console, request: Request) -> Response:
    """Signs in whoever the link is for."""
    check_same_site(request)
    try:
        token = await console.api.in_thread(
            users.sign_in_by_link, console.api.runtime.store, request.path_params["token"]
        )
    except Refused as error:
        return login_form(console, request, PREFIX, error.message, "", 422)
    return _signed_in(request, token, PREFIX)


async def logout(console: Console, request: Request) -> Response:
    """Signs out."""
    visitor, _ = await posted(console, request, "read")
    await console.api.in_thread(users.sign_out, console.api.runtime.store, visitor.token)
    response = moved("/login")
    response.delete_cookie(COOKIE, path=PREFIX)
    return response


def login_form(
    console: Console, request: Request, following: str, wrong: str = "", name: str = "", status: int = 200
) -> Response:
    """The page to sign in, in the ways that are set up."""
    settings = console.api.runtime.settings
    return console.page(
        request, "login/login.html", None, status, next=following, wrong=wrong, name=name,
        by_password=settings.console.local_login, provider=settings.oidc.label if console.provider else "",
    )  # fmt: skip


def own_page(wanted: str) -> str:
    """Where to go then: a page of ours, whatever the address says."""
    ours = wanted == PREFIX or wanted.startswith((f"{PREFIX}/", f"{PREFIX}?"))
    return wanted if ours and "\\" not in wanted and wanted.isprintable() else PREFIX


def _signed_in(request: Request, token: str, following: str) -> Response:
    response = RedirectResponse(following, 303)
    set_session(request, response, token)
    return response


def set_session(request: Request, response: Response, token: str) -> None:
    """Gives the browser a session."""
    response.set_cookie(
        COOKIE, token, max_age=int(SESSION_LASTS.total_seconds()), path=PREFIX, httponly=True, samesite="strict",
        secure=request.url.scheme == "https",
    )  # fmt: skip

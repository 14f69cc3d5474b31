"""To the identity provider and back. Rule: R14.6."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from interfaces.http.console.context import PREFIX, Console
from interfaces.http.console.oidc import Attempt, Provider
from interfaces.http.console.pages.login import login_form, own_page, set_session
from settlement.errors import Misconfigured, NotFound, Refused, Unavailable
from settlement.operations import users

COOKIE = "settle_oidc"
_FOLDER = f"{PREFIX}/oidc"
_LASTS_S = 600


async def begin(console: Console, request: Request) -> Response:
    """Sends the browser to the provider."""
    provider = _provider(console)
    try:
        address, attempt = await console.api.in_thread(provider.begin, _callback(console, request))
    except (Misconfigured, Unavailable) as error:
        return login_form(console, request, PREFIX, f"Nobody can sign in there now: {error}.", status=503)
    following = urlsafe_b64encode(own_page(request.query_params.get("next", "")).encode()).decode()
    response = RedirectResponse(address, 303)
    # Lax, since the browser comes back from elsewhere. It opens nothing by itself.
    response.set_cookie(
        COOKIE, f"{attempt.as_cookie()}!{following}", max_age=_LASTS_S, path=_FOLDER, httponly=True, samesite="lax",
        secure=request.url.scheme == "https",
    )  # fmt: skip
    return response


async def finish(console: Console, request: Request) -> Response:
    """Signs in who comes back. A page of ours leads on, since a browser that comes from elsewhere sends no session."""
    provider, store = _provider(console), console.api.runtime.store
    text, _, kept = request.cookies.get(COOKIE, "").partition("!")
    try:
        identity = await console.api.in_thread(
            provider.finish,
            dict(request.query_params),
            Attempt.from_cookie(text),
            _callback(console, request),
        )
        may_create = console.api.runtime.settings.oidc.new_users
        token = await console.api.in_thread(
            lambda: users.sign_in_by_provider(
                store, identity.subject, identity.name, identity.role, may_create=may_create
            )
        )
    except Refused as error:
        response = login_form(console, request, PREFIX, error.message, status=422)
    except (Misconfigured, Unavailable) as error:
        response = login_form(console, request, PREFIX, f"Nobody can sign in there now: {error}.", status=503)
    else:
        response = console.page(request, "login/signed_in.html", None, following=_following(kept))
        set_session(request, response, token)
    response.delete_cookie(COOKIE, path=_FOLDER)
    return response


def _following(kept: str) -> str:
    try:
        return own_page(urlsafe_b64decode(kept.encode()).decode())
    except ValueError:
        return PREFIX


def _provider(console: Console) -> Provider:
    if console.provider is None:
        raise NotFound("no_provider", "No identity provider is set up.")
    return console.provider


def _callback(console: Console, request: Request) -> str:
    """Where the provider sends the browser back to; it knows that address."""
    base = console.api.runtime.settings.oidc.url.rstrip("/") or str(request.base_url).rstrip("/")
    return f"{base}{_FOLDER}/callback"

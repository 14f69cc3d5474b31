"""What pages work with: the API's readers, templates, who is signed in, and how a page is rendered."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from interfaces.fields.values import Exact, Money, duration
from interfaces.http.api.context import Api
from interfaces.http.console.marks import as_mark, grouped, state_mark
from interfaces.http.console.navigation import SECTIONS
from interfaces.http.console.oidc import Provider
from interfaces.http.console.paths import segment
from interfaces.http.console.tokens import form_guard
from settlement.model.policies.users import Permission, may
from settlement.operations import users
from settlement.operations.users import Session

PREFIX = "/console"
COOKIE = "settle_session"
# Assets are named with this in their address, so that they may be kept for ever.
ASSETS = resources.files("interfaces.http.console").joinpath("assets")


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who is signed in. `token` is their session's, and goes into nothing that is shown."""

    session: Session
    token: str

    def may(self, permission: Permission) -> bool:
        """May they do what needs this."""
        return may(self.session.role, permission)


class NotSignedIn(Exception):
    """Ends a request of nobody: the page to sign in comes instead."""


class NotPermitted(Exception):
    """Ends a request of somebody who may not do that."""

    def __init__(self, permission: Permission) -> None:
        super().__init__(permission)
        self.permission = permission


@dataclass(frozen=True, slots=True)
class Console:
    """What the pages of one server share. `versions`: each asset's digest, by name; `provider`: where people sign in,
    if not here alone.
    """

    api: Api
    templates: Environment
    versions: dict[str, str]
    provider: Provider | None = None

    async def visitor(self, request: Request, permission: Permission = "read") -> Visitor:
        """Who is signed in, and may do what needs this permission.

        Raises:
            NotSignedIn, NotPermitted: otherwise.
        """
        token = request.cookies.get(COOKIE, "")
        found = await self.api.in_thread(users.session_of, self.api.runtime.store, token) if token else None
        if found is None:
            raise NotSignedIn
        visitor = Visitor(found, token)
        if not visitor.may(permission):
            raise NotPermitted(permission)
        return visitor

    def page(
        self,
        request: Request,
        template: str,
        visitor: Visitor | None,
        status: int = 200,
        **values: Any,
    ) -> Response:
        """A page. `values`: what its template names besides what every page has."""
        policy = self.api.runtime.policy
        text = self.templates.get_template(template).render(
            visitor=visitor,
            sections=SECTIONS,
            path=request.url.path,
            guard="" if visitor is None else form_guard(visitor.token),
            zone=policy.zone,
            versions=self.versions,
            test_clock=self.api.runtime.settings.test_clock,
            **values,
        )
        return HTMLResponse(text, status, {"Cache-Control": "no-store"})


def templates() -> Environment:
    """The templates, in which everything is escaped and nothing may be missing."""
    found = Environment(
        loader=PackageLoader("interfaces.http.console", "templates"),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.globals.update(duration=duration, mark=as_mark, state_mark=state_mark, Money=Money, Exact=Exact)
    found.filters["grouped"] = grouped
    found.filters["segment"] = segment
    return found


def moved(path: str) -> Response:
    """The next page after something was done; going back repeats nothing."""
    return RedirectResponse(f"{PREFIX}{path}", 303)

"""How a request of the console is responded to: who may, from where, and what ends it early as a page."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable
from urllib.parse import parse_qsl, quote, urlsplit

import structlog
from sqlalchemy.exc import DataError, SQLAlchemyError
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from interfaces.http.console.context import PREFIX, Console, NotPermitted, NotSignedIn, Visitor
from interfaces.http.console.tokens import guards
from interfaces.http.problems import REQUEST_ID, Problem
from interfaces.http.routing import sent_path
from settlement.errors import NotFound, Refused, Unavailable
from settlement.model.policies.users import Permission

log = structlog.stdlib.get_logger(__name__)
Handler = Callable[[Console, Request], Awaitable[Response]]
# Nothing from elsewhere, nothing inline, in no frame.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": _POLICY,
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
}
_FORM_FIELDS = 2_000


def as_page(console: Console, handle: Handler) -> Callable[[Request], Awaitable[Response]]:
    """The handler, with whatever ends it early as a page of its own."""

    async def respond(request: Request) -> Response:
        response = await _responded(console, handle, request)
        for name, value in HEADERS.items():
            response.headers[name] = value
        return response

    return respond


async def _responded(console: Console, handle: Handler, request: Request) -> Response:
    try:
        return await handle(console, request)
    except NotSignedIn:
        wanted = sent_path(request.scope) + (f"?{request.url.query}" if request.url.query else "")
        query = f"?next={quote(wanted, safe='')}" if request.method == "GET" else ""
        return RedirectResponse(f"{PREFIX}/login{query}", 303)
    except NotPermitted as error:
        return await _ended(
            console, request, 403, "Not for your role", f"This needs the permission {error.permission}."
        )
    except NotFound as error:
        return await _ended(console, request, 404, "Not found", error.message)
    except Refused as error:
        return await _ended(console, request, 422, "Refused", error.message)
    except Problem as error:
        return await _ended(console, request, error.status, "Not done", error.detail)
    except DataError:
        return await _ended(console, request, 400, "Not done", "A value is out of range.")
    except (Unavailable, SQLAlchemyError) as error:
        log.warning("page not served", path=request.url.path, error=str(error))
        return await _ended(
            console,
            request,
            503,
            "Not available now",
            "The database or the broker is away or busy. Try again.",
        )
    except Exception:
        request_id = str(uuid.uuid4())
        log.exception("page failed", path=request.url.path, request_id=request_id)
        return await _failed(console, request, request_id)


async def _failed(console: Console, request: Request, request_id: str) -> Response:
    """The page of a fault of ours. Its id is in the log, beside what went wrong."""
    done = (
        "Nothing was booked: to load a page books nothing."
        if request.method == "GET"
        else "What you sent may have been done, or not: look at Acts and at what it was about before you send it again."
    )
    sentence = f"This is a fault of the server, and nothing that you did wrong. {done}"
    response = await _ended(console, request, 500, "A fault of the server", sentence, request_id=request_id)
    response.headers[REQUEST_ID] = request_id
    return response


async def _ended(
    console: Console, request: Request, status: int, title: str, sentence: str, *, request_id: str = ""
) -> Response:
    try:
        visitor = await console.visitor(request)
        return console.page(
            request, "ended.html", visitor, status, title=title, sentence=sentence, request_id=request_id
        )
    except Exception as error:
        # What every page has may be what is at fault.
        if not isinstance(error, NotSignedIn | NotPermitted | Unavailable | SQLAlchemyError):
            log.exception("page of an error failed", path=request.url.path, request_id=request_id)
        text = console.templates.get_template("away.html").render(
            title=title, sentence=sentence, versions=console.versions, request_id=request_id
        )
        return Response(text, status, {"Retry-After": "2"}, media_type="text/html")


class Form:
    """What a form brought: texts by field; those given several times, and those left empty, too."""

    def __init__(self, pairs: list[tuple[str, str]]) -> None:
        self._pairs = pairs

    def text(self, name: str) -> str:
        """The value, without blanks around it; empty where there is none."""
        return next((value.strip() for key, value in self._pairs if key == name), "")

    def texts(self, name: str) -> list[str]:
        """Every value of a field, in order."""
        return [value for key, value in self._pairs if key == name]

    def lines(self, name: str) -> list[str]:
        """The lines of a value."""
        return lines_in(self.text(name))

    def values(self) -> dict[str, str]:
        """Every field's first value, as it was typed."""
        return dict(reversed(self._pairs))


def lines_in(text: str) -> list[str]:
    """The lines of a text area, without blanks around them and without those that are empty."""
    return [line.strip() for line in text.splitlines() if line.strip()]


async def posted(console: Console, request: Request, permission: Permission) -> tuple[Visitor, Form]:
    """Who sends a form, and what it says.

    Raises:
        NotSignedIn, NotPermitted, Problem: nobody, not allowed, from another site (403), or no form.
    """
    check_same_site(request)
    visitor = await console.visitor(request, permission)
    form = await read_form(console, request)
    if not guards(form.text("guard"), visitor.token):
        raise Problem(403, "stale_form", "This form is from another session. Load its page again.")
    return visitor, form


async def read_form(console: Console, request: Request) -> Form:
    """The fields of a form.

    Raises:
        Problem: what came is none.
    """
    body = await console.api.body(request)
    try:
        pairs = parse_qsl(
            body.decode(), keep_blank_values=True, strict_parsing=bool(body), max_num_fields=_FORM_FIELDS
        )
    except ValueError:
        raise Problem(400, "bad_form", "What was sent is no form.") from None
    if any("\0" in value for _, value in pairs):
        raise Problem(400, "bad_form", "What was sent contains a character that is not text.")
    return Form(pairs)


def check_same_site(request: Request) -> None:
    """A form of another site is not taken, whatever cookies come with it.

    Raises:
        Problem: it is from elsewhere.
    """
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        if site not in ("same-origin", "none"):
            raise Problem(403, "cross_site", "This form is from another site.")
        return
    origin = request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != request.headers.get("host"):
        raise Problem(403, "cross_site", "This form is from another site.")

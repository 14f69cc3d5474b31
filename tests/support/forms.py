"""Forms of the console as somebody without a browser fills them: what the page carries, and what is typed."""

from __future__ import annotations

from html.parser import HTMLParser

import httpx


class _Forms(HTMLParser):
    """The fields of each form of a page that is posted, with what they begin with."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[dict[str, str]] = []
        self._form: dict[str, str] | None = None
        # Those that ask for a reason, and have none yet.
        self.reasons: list[dict[str, str]] = []
        self._select = ""
        self._is_typed = False

    def handle_data(self, data: str) -> None:
        if self._is_typed and self._form is not None:
            self._form[self._select] += data

    def handle_endtag(self, tag: str) -> None:
        self._is_typed = self._is_typed and tag != "textarea"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._form = {} if values.get("method") == "post" else None
            if self._form is not None:
                self.forms.append(self._form)
        if self._form is None:
            return
        if (
            tag == "input"
            and values.get("name") == "reason"
            and "required" in values
            and not values.get("value")
        ):
            self.reasons.append(self._form)
        if tag == "input" and "name" in values and values.get("type") != "checkbox":
            self._form[values["name"]] = values.get("value", "")
        elif tag in ("select", "textarea") and "name" in values:
            self._select = values["name"]
            self._form[self._select] = ""
            self._is_typed = tag == "textarea"
        elif tag == "option" and "selected" in values:
            self._form[self._select] = values.get("value", "")


def fields_of(page: httpx.Response) -> dict[str, str]:
    """The fields of the last form of a page: the first one signs out."""
    parser = _Forms()
    parser.feed(page.text)
    return parser.forms[-1]


def fill(client: httpx.Client, path: str, **typed: str) -> httpx.Response:
    """The response to the form of a page of the console, filled with what is typed, and a reason if it asks for one."""
    page = client.get(f"/console{path}")
    assert page.status_code == 200, (path, page.status_code)
    parser = _Forms()
    parser.feed(page.text)
    form = parser.forms[-1]
    reason = {"reason": "agreed"} if any(form is one for one in parser.reasons) else {}
    return client.post(f"/console{path}", data={**form, **reason, **typed})


def confirm(client: httpx.Client, path: str, page: httpx.Response) -> httpx.Response:
    """The response to what a page of figures asks to confirm."""
    assert page.status_code == 200, page.text
    return client.post(f"/console{path}", data=fields_of(page))

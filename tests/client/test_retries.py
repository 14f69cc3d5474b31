"""A request is sent again where that helps: the same one, under the same key, a bounded number of times."""

from __future__ import annotations

import asyncio
import email.utils
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from settle_client import (
    AsyncClient,
    Client,
    ProblemError,
    Refused,
    Retries,
    TooManyRequests,
    Unavailable,
    Unreachable,
)
from tests.client.conftest import AT_ONCE

DONE = {
    "operation": "7", "source": "crm", "event_id": "1", "type": "top_up", "account": "a", "state": "waiting",
    "code": None, "detail": None, "received_at": "2026-10-01T00:00:00Z", "finished_at": None,
}  # fmt: skip


class Line:
    """A line to a server that answers as it is set up to, one after the other, and then with success."""

    def __init__(self, *answers: int | Exception | httpx.Response) -> None:
        self.requests: list[httpx.Request] = []
        self._answers = list(answers)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        found = self._answers.pop(0) if self._answers else 202
        if isinstance(found, Exception):
            raise found
        if isinstance(found, httpx.Response):
            return found
        return httpx.Response(found, json=DONE if found < 400 else {"code": "some_code", "detail": "why"})


def client(line: Line, retries: Retries = AT_ONCE) -> Client:
    return Client("http://api", "key", transport=httpx.MockTransport(line), retries=retries)


def top_up(line: Line, retries: Retries = AT_ONCE, key: str | None = None) -> str:
    return client(line, retries).top_ups.create("a", amount="1.00", currency="USD", idempotency_key=key).state


CUT_OFF: list[int | Exception | httpx.Response] = [
    httpx.ConnectError("refused"), httpx.ConnectTimeout("slow"), httpx.ReadError("cut"), httpx.ReadTimeout("slow"),
    httpx.RemoteProtocolError("disconnected"), 408, 429, 502, 503, 504,
]  # fmt: skip


@pytest.mark.parametrize("first", CUT_OFF, ids=str)
def test_it_is_sent_again_as_it_was(first):
    line = Line(first, first)
    assert top_up(line) == "waiting"
    assert len(line.requests) == 3
    keys = {one.headers["idempotency-key"] for one in line.requests}
    assert len(keys) == 1
    assert len(keys.pop()) == 36
    assert len({(one.method, one.url, one.content) for one in line.requests}) == 1


def test_the_same_under_asyncio():
    line = Line(*CUT_OFF[:4])

    async def send() -> str:
        transport = httpx.MockTransport(line)
        async with AsyncClient("http://api", "key", transport=transport, retries=AT_ONCE) as found:
            return (await found.top_ups.create("a", amount="1.00", currency="USD")).state

    assert asyncio.run(send()) == "waiting"
    assert len(line.requests) == 5
    assert len({one.headers["idempotency-key"] for one in line.requests}) == 1


def test_a_key_that_is_given_is_sent():
    line = Line(503)
    top_up(line, key="tu-1")
    assert [one.headers["idempotency-key"] for one in line.requests] == ["tu-1", "tu-1"]


def test_two_commands_have_two_keys():
    line = Line()
    top_up(line)
    top_up(line)
    assert len({one.headers["idempotency-key"] for one in line.requests}) == 2


@pytest.mark.parametrize(
    ("answer", "error"),
    [(503, Unavailable), (429, TooManyRequests), (httpx.ReadError("cut"), Unreachable)],
)
def test_it_ends_after_so_many_tries(answer, error):
    line = Line(*[answer] * 9)
    with pytest.raises(error):
        top_up(line, Retries(tries=3, first_s=0.0))
    assert len(line.requests) == 3


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 412, 422, 500])
def test_what_would_be_the_same_again_is_not_sent_again(status):
    line = Line(status)
    with pytest.raises(ProblemError, match="some_code") as failed:
        top_up(line)
    assert failed.value.status == status
    assert len(line.requests) == 1


def test_a_header_that_cannot_be_sent_is_not_sent_again():
    line = Line(httpx.LocalProtocolError("Illegal header value"))
    with pytest.raises(Unreachable, match="Illegal header value"):
        top_up(line)
    assert len(line.requests) == 1


def test_a_long_retry_after_is_for_the_caller_to_wait():
    line = Line(httpx.Response(503, headers={"Retry-After": "3600"}, json={"code": "unavailable"}))
    with pytest.raises(Unavailable) as failed:
        top_up(line)
    assert failed.value.retry_after_s == 3600
    assert len(line.requests) == 1


def test_a_retry_after_is_kept_to(monkeypatch):
    slept: list[float] = []
    monkeypatch.setattr("settle_client.wire.time.sleep", slept.append)
    top_up(Line(httpx.Response(429, headers={"Retry-After": "2"}), 503), Retries(first_s=0.5))
    assert slept[0] == 2.0
    assert 0.5 <= slept[1] <= 1.0


def test_pauses_grow_to_a_bound_and_are_spread():
    retries = Retries(tries=9, first_s=1.0, longest_s=5.0)
    assert [retries.pause_s(tried, None, chance=1.0) for tried in range(1, 6)] == [1.0, 2.0, 4.0, 5.0, 5.0]
    assert [retries.pause_s(tried, None, chance=0.0) for tried in range(1, 3)] == [0.5, 1.0]
    assert retries.pause_s(9, None) is None
    assert retries.pause_s(1, 5.1) is None


@pytest.mark.parametrize("wrong", [{"tries": 0}, {"first_s": -1.0}, {"longest_s": -1.0}])
def test_impossible_retries_are_refused(wrong):
    with pytest.raises(ValueError, match="or more"):
        Retries(**wrong)


def test_a_date_in_retry_after_is_read():
    at = email.utils.format_datetime(datetime.now(UTC) + timedelta(seconds=100), usegmt=True)
    with pytest.raises(Unavailable) as failed:
        top_up(Line(httpx.Response(503, headers={"Retry-After": at})), Retries(longest_s=10.0))
    assert failed.value.retry_after_s is not None
    assert 90 < failed.value.retry_after_s <= 100


def test_a_wait_is_waited_for():
    line = Line()
    client(line).top_ups.create("a", amount="1.00", currency="USD", wait=30)
    timeout = line.requests[0].extensions["timeout"]
    assert (timeout["connect"], timeout["read"]) == (15.0, 45.0)


def test_what_is_no_document_is_a_problem_all_the_same():
    page = httpx.Response(502, text="<html>Bad gateway</html>")
    with pytest.raises(Unavailable, match=r"http_502.*Bad gateway") as failed:
        top_up(Line(page, page), Retries(tries=2, first_s=0.0))
    assert failed.value.outcome is None


def test_a_problem_says_where():
    document = {"code": "bad_shape", "detail": "why", "errors": [{"pointer": "/amount"}]}
    with pytest.raises(Refused) as failed:
        top_up(Line(httpx.Response(422, json=document)))
    assert failed.value.pointer == "/amount"
    with pytest.raises(Refused) as failed:
        top_up(Line(422))
    assert failed.value.pointer is None


def test_an_address_that_is_none_and_a_key_that_is_none_are_refused():
    for address in ("api:8080", "http://", "https:///v1", "http://api:port", "http://api\n"):
        with pytest.raises(ValueError, match="base_url"):
            Client(address, "key")
    with pytest.raises(ValueError, match="settle keys create"):
        Client("http://api", "")

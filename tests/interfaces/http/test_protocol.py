"""What the server's protocol adds to uvicorn's: an end to heads that do not come or do not end."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from interfaces.http.protocol import MOST_HEAD_BYTES, ImpatientProtocol
from tests.support.running.loopback import served

PATIENCE_S = 0.2
HEAD = b"POST /quick HTTP/1.1\r\nHost: settle\r\n"


async def _quick(request: Request) -> Response:
    return PlainTextResponse(f"{len(await request.body())} bytes")


async def _slow(_: Request) -> Response:
    await asyncio.sleep(3 * PATIENCE_S)
    return PlainTextResponse("slow")


@contextmanager
def _serving(patience_s: float) -> Iterator[tuple[str, int]]:
    app = Starlette(routes=[Route("/quick", _quick, methods=["POST"]), Route("/slow", _slow)])
    protocol: Any = partial(ImpatientProtocol, request_timeout_s=patience_s)
    with served(app, http=protocol) as address:
        parts = urlsplit(address)
        yield str(parts.hostname), int(parts.port or 0)


@pytest.fixture(scope="module")
def address() -> Iterator[tuple[str, int]]:
    with _serving(PATIENCE_S) as address:
        yield address


def _until_closed(line: socket.socket) -> bytes:
    answer = b""
    while part := line.recv(65536):
        answer += part
    return answer


@pytest.mark.parametrize("sent", [b"", HEAD, HEAD + b"Content-Length: 0\r\n\r\n" + HEAD])
def test_a_connection_without_a_whole_head_is_closed(address, sent):
    with socket.create_connection(address, timeout=30) as line:
        line.sendall(sent)
        assert _until_closed(line).count(b"200 OK") == sent.count(b"\r\n\r\n")


def test_a_head_without_end_is_not_kept():
    def send_very_much(line: socket.socket) -> None:
        for _ in range(500):
            line.sendall(b"x" * MOST_HEAD_BYTES)

    with _serving(60.0) as address, socket.create_connection(address, timeout=30) as line:
        line.sendall(HEAD + b"X-Long: ")
        with pytest.raises(ConnectionError):
            send_very_much(line)


@pytest.mark.parametrize("sent", [HEAD + b"X-Long: " + b"x" * MOST_HEAD_BYTES, b"no request\r\n\r\n"])
def test_a_head_that_cannot_be_read_is_answered_with_a_problem_document(sent):
    with _serving(60.0) as address, socket.create_connection(address, timeout=30) as line:
        line.sendall(sent)
        head, _, body = _until_closed(line).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 ")
    assert b"content-type: application/problem+json" in head.lower()
    found = json.loads(body)
    assert (found["status"], found["code"]) == (400, "bad_request")
    assert f"x-request-id: {found['request_id']}".encode() in head.lower()


def test_a_body_may_be_larger_than_a_head(address):
    size = 8 * MOST_HEAD_BYTES
    with socket.create_connection(address, timeout=30) as line:
        line.sendall(HEAD + f"Content-Length: {size}\r\n\r\n".encode() + b"x" * size)
        assert f"{size} bytes".encode() in _until_closed(line)


def test_a_request_that_came_with_the_one_before_has_its_own_time(address):
    with socket.create_connection(address, timeout=30) as line:
        line.sendall(HEAD + b"Content-Length: 0\r\n\r\nGET /slow HTTP/1.1\r\nHost: settle\r\n\r\n")
        assert _until_closed(line).count(b"200 OK") == 2

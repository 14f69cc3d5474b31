"""`settle serve` as a process of its own: webhooks over real HTTP. Rule: R5.6."""

from __future__ import annotations

import json
import signal
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from typing import Any
from urllib.parse import urlsplit
from urllib.request import urlopen

import psycopg
import pytest
from psycopg import sql

from settlement.operations.inbox.senders import create_key, register_sender
from settlement.storage.store import Store
from tests.support.running.processes import PATIENCE_S, deployment
from tests.support.running.serving import MOST_BYTES, SECRET, Served, event, serving, signed
from tests.support.servers import PostgresForTests


@pytest.fixture(scope="module")
def served(
    postgres: PostgresForTests, valkey: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    """One server for all tests that do it no harm; each keeps to event ids of its own."""
    folder = tmp_path_factory.mktemp("serve")
    with (
        postgres.database() as name,
        deployment(postgres.worker_url(name), valkey, folder) as made,
        serving(made, "serve") as running,
    ):
        yield running


# --------------------------------------------------------------------------------------------- kept
def test_a_signed_webhook_is_committed_when_the_answer_comes_and_a_worker_is_told(served):
    body = event("new-1")
    assert served.tell(body) == (200, {"stored": True})
    row = "SELECT gateway, type, reference, gateway_ref, state, body FROM gateway_event WHERE event_id = 'new-1'"
    assert served.made.rows(row) == [
        ("stripe", "payment_intent.succeeded", "r-1", "pi_1", "waiting", body.decode())
    ]
    until = time.monotonic() + PATIENCE_S
    while not nudged(served) and time.monotonic() < until:
        time.sleep(0.02)
    assert nudged(served)


def nudged(served: Served) -> bool:
    """Has a worker of the queue been told to look."""
    broker = served.made.redis
    lists = [
        key for key in broker.scan_iter(f"{served.made.prefix}*collection*") if broker.type(key) == b"list"
    ]
    return any(b"tasks.collection.hints" in message for key in lists for message in broker.lrange(key, 0, -1))


def test_what_comes_again_is_taken_again_and_kept_once(served):
    assert [served.tell(event("again-1"))[1] for _ in range(3)] == [
        {"stored": stored} for stored in (True, False, False)
    ]
    assert served.kept("again-") == ["again-1"]


def test_the_same_webhook_on_many_connections_at_once_is_kept_once(served):
    with ThreadPoolExecutor(12) as threads:
        answers = list(threads.map(lambda _: served.tell(event("burst-1")), range(24)))
    assert {status for status, _ in answers} == {200}
    assert [body["stored"] for _, body in answers].count(True) == 1
    assert served.kept("burst-") == ["burst-1"]


def test_webhooks_are_kept_in_whatever_order_they_come(served):
    kinds = ("payment_intent.succeeded", "payment_intent.payment_failed", "payment_intent.created")
    for number, kind in enumerate(kinds):
        assert served.tell(event(f"order-{number}", kind)) == (200, {"stored": True})
    assert served.kept("order-") == ["order-0", "order-1", "order-2"]


# --------------------------------------------------------------------------------------------- refused
@pytest.mark.parametrize(
    ("signing", "code"),
    [
        ({"secret": "whsec_other"}, "bad_signature"),
        ({"age_s": 600}, "stale_signature"),
        ({"age_s": -600}, "stale_signature"),
    ],
)
def test_what_is_not_signed_right_is_refused_and_not_kept(served, signing, code):
    status, answer = served.tell(event("forged-1"), **signing)
    assert (status, answer["code"]) == (400, code)
    assert served.kept("forged-") == []


@pytest.mark.parametrize(
    ("gateway", "headers"),
    [
        ("stripe", {"Stripe-Signature": "t=1,v1=\xe9\xff"}),
        ("stripe", {"Stripe-Signature": "\xe9"}),
        (
            "paypal",
            {
                "Paypal-Transmission-Id": "\xe9", "Paypal-Transmission-Time": "\xb2",
                "Paypal-Transmission-Sig": "\xe9", "Paypal-Cert-Url": "https://\xe9/",
            },
        ),
    ],
)  # fmt: skip
def test_a_signature_that_is_not_ascii_is_refused(served, gateway, headers):
    status, answer = served.ask("POST", f"/webhooks/{gateway}", event("latin-1"), headers)
    assert (status, answer["code"]) == (400, "bad_signature")


def test_slow_strangers_are_sent_away_and_keep_nobody_from_learning_whether_it_is_ready(served):
    head = b"POST /webhooks/stripe HTTP/1.1\r\nHost: settle\r\n"
    with (
        serving(served.made, "slow", SETTLE_SERVE__BODY_TIMEOUT_S="1") as slow,
        ExitStack() as open_until_the_end,
    ):
        sent = [head + b"Content-Length: 900\r\n\r\n{", head, b""] * 50
        strangers = [
            open_until_the_end.enter_context(socket.create_connection(slow.address, timeout=PATIENCE_S))
            for _ in sent
        ]
        for stranger, part in zip(strangers, sent, strict=True):
            stranger.sendall(part)
        assert slow.ask("GET", "/ready") == (200, {"ready": True})
        assert slow.tell(event("quick-1")) == (200, {"stored": True})
        ends = [stranger.recv(1000) for stranger in strangers[:3]]
        assert [end[:13] for end in ends] == [b"HTTP/1.1 408 ", b"", b""]
        assert "Traceback" not in slow.logged()


@pytest.mark.parametrize("gateway", ["stripe", "paypal", "sandbox"])
def test_what_is_not_signed_at_all_is_refused(served, gateway):
    status, answer = served.ask("POST", f"/webhooks/{gateway}", event("unsigned-1"))
    assert (status, answer["code"]) == (400, "bad_signature")
    assert served.kept("unsigned-") == []


def test_a_body_changed_on_its_way_is_refused(served):
    body = event("changed-1")
    assert served.ask("POST", "/webhooks/stripe", body + b" ", signed(body))[0] == 400
    assert served.kept("changed-") == []


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"null", b'"x"', b'{"id": "shapeless-1"}', b"\xff\xfe", b"\x00"]
)
def test_what_is_no_event_is_refused_though_it_is_signed(served, body):
    # The library reads a body as text, so what is no text has no right signature.
    status, answer = served.tell(body)
    assert status == 400
    assert answer["code"] in {"bad_shape", "bad_signature"}
    assert served.kept("shapeless-") == []


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_that_is_too_large_is_not_read(served, chunked):
    body = event("large-1", padding="x" * MOST_BYTES)
    parts: Any = iter([body[:100], body[100:]]) if chunked else body
    status, answer = served.ask("POST", "/webhooks/stripe", parts, signed(body))
    assert (status, answer["code"]) == (413, "too_large")
    assert str(MOST_BYTES) in answer["detail"]
    assert served.kept("large-") == []
    small = event("small-1")
    assert served.ask("POST", "/webhooks/stripe", iter([small[:9], small[9:]]), signed(small))[0] == 200


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/webhooks/nobody", 404), ("POST", "/webhooks/", 404), ("POST", "/webhooks", 404),
        ("GET", "/webhooks/stripe", 405), ("PUT", "/webhooks/stripe", 405), ("GET", "/", 404),
        ("POST", "/health", 405), ("GET", "/docs", 404),
    ],
)  # fmt: skip
def test_there_is_nothing_else(served, method, path, status):
    assert served.ask(method, path)[0] == status


def test_the_log_says_what_was_refused_and_shows_neither_bodies_nor_secrets(served):
    served.tell(event("quiet-1", confidential="Confidential Ltd"), secret="whsec_other")
    served.tell(event("quiet-2", confidential="Confidential Ltd"))
    log = served.logged()
    assert "webhook refused" in log
    assert "bad_signature" in log
    for hidden in ("Confidential", SECRET, "sk_test_sim", "whsec_other"):
        assert hidden not in log


# --------------------------------------------------------------------------------------------- alive, ready
def test_figures_are_there_for_a_monitoring_server(served):
    with urlopen("http://{}:{}/metrics".format(*served.address), timeout=10) as answer:
        assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
        assert b"settle_accounts_parked 0\n" in answer.read()


def test_it_is_alive_and_ready(served):
    assert served.ask("GET", "/health") == (200, {"alive": True})
    assert served.ask("GET", "/ready") == (200, {"ready": True})


@contextmanager
def database_away(postgres: PostgresForTests, name: str) -> Iterator[None]:
    """Nobody gets into the database, and whoever is in is thrown out by the role that it is."""
    allow = sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS {}")
    with (
        psycopg.connect(postgres.owner, autocommit=True) as owner,
        psycopg.connect(postgres.worker, autocommit=True) as worker,
    ):
        owner.execute(allow.format(sql.Identifier(name), sql.SQL("false")))
        try:
            worker.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND usename = current_user",
                [name],
            )
            yield
        finally:
            owner.execute(allow.format(sql.Identifier(name), sql.SQL("true")))


def test_while_the_database_is_away_a_webhook_is_sent_back_and_taken_when_it_is_there_again(postgres, served):
    name = urlsplit(served.made.database_url).path.lstrip("/")
    body = event("away-1")
    with database_away(postgres, name):
        status, answer = served.tell(body)
        assert (status, answer["code"]) == (503, "unavailable")
        assert served.ask("GET", "/ready") == (503, {"ready": False, "reason": "the database is away"})
        assert served.ask("GET", "/health") == (200, {"alive": True})
    assert served.tell(body) == (200, {"stored": True})
    assert served.ask("GET", "/ready")[0] == 200
    assert served.kept("away-") == ["away-1"]


# --------------------------------------------------------------------------------------------- the end
def listens(address: tuple[str, int]) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(address) == 0


def _sends_an_event(store: Store, to: Served) -> int:
    """The status of an event sent by a program with a key."""
    register_sender(store, "crm")
    headers = {
        "Authorization": f"Bearer {create_key(store, 'crm', ['send']).text}",
        "Content-Type": "application/json",
    }
    sent = {"event_id": "no-broker", "type": "account_opened", "account": "a", "data": {"currency": "USD"}}
    return to.ask("POST", "/v1/events", json.dumps(sent).encode(), headers)[0]


def test_asked_to_end_it_finishes_what_is_under_way_and_takes_nothing_new(served):
    """And without a broker: a webhook and an event are kept all the same."""
    body = event("under-way-1")
    head = "".join(f"{name}: {value}\r\n" for name, value in signed(body).items())
    with (
        serving(served.made, "ending", SETTLE_BROKER_URL="redis://127.0.0.1:1/0") as ending,
        socket.create_connection(ending.address, timeout=PATIENCE_S) as under_way,
    ):
        assert _sends_an_event(served.made.store, ending) == 202
        under_way.sendall(
            f"POST /webhooks/stripe HTTP/1.1\r\nHost: settle\r\nExpect: 100-continue\r\n{head}"
            f"Content-Length: {len(body)}\r\n\r\n".encode()
        )
        # Said when the app has begun to read the body, and not before.
        assert under_way.recv(1000).startswith(b"HTTP/1.1 100 ")
        under_way.sendall(body[:10])
        ending.popen.send_signal(signal.SIGTERM)
        until = time.monotonic() + PATIENCE_S
        while listens(ending.address) and time.monotonic() < until:
            time.sleep(0.02)
        assert not listens(ending.address)
        assert ending.popen.poll() is None
        under_way.sendall(body[10:])
        answer = b""
        while part := under_way.recv(1000):
            answer += part
        assert answer.startswith(b"HTTP/1.1 200 ")
        assert answer.endswith(b'{"stored":true}')
        assert ending.popen.wait(PATIENCE_S) == 0, ending.logged()
    assert served.kept("under-way-") == ["under-way-1"]
    assert served.made.rows("SELECT state FROM inbox WHERE event_id = 'no-broker'") == [("waiting",)]
    assert "Traceback" not in ending.logged()

"""A worker over TLS with certificates and users as in the compose file: it can do its work and nothing more.

The embedded servers have no TLS of their own; it stands before them here. Rights are those of a real Valkey.
"""

from __future__ import annotations

import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, nullcontext
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import psycopg
import pytest
import redis
import yaml
from celery import Celery
from kombu import pools
from kombu.exceptions import OperationalError
from redis.backoff import NoBackoff
from redis.retry import Retry

from config.settings import Settings
from sandbox.local.binaries import valkey_program
from settlement.errors import Unavailable
from tests.support.running.processes import deployment, opened, top_up, wait_for
from tests.support.running.tls import client_certificate, tls_before
from tests.support.servers import PostgresForTests
from worker.app import configuration
from worker.broker import depths, stream_name
from worker.queues import ALL

ROOT = Path(__file__).parents[2]
SERVICES = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
PASSWORD = "for-this-test"
NEVER = Retry(NoBackoff(), 0)
# What keeps its data and its TLS is told by other options; a test has neither.
NOT_HERE = ("--port", "--tls-", "--append")


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Made by the command of the compose file, for this machine's name too."""
    folder = tmp_path_factory.mktemp("tls")
    _, *command = SERVICES["certificates"]["command"]
    words = [str(folder) if word == "/tls" else word for word in command[: command.index("--owner")]]
    for said in ("certificates made", "left as it is"):
        done = subprocess.run(
            [sys.executable, *words, "localhost"], capture_output=True, text=True, check=True
        )
        assert said in done.stdout
    assert {path.name for path in folder.iterdir()} == {
        "ca.pem",
        *(f"{name}.{kind}" for name in ("postgres", "valkey", "localhost") for kind in ("pem", "key")),
    }
    assert {path.stat().st_mode & 0o777 for path in folder.glob("*.key")} == {0o600}
    return folder


@pytest.fixture(scope="module")
def valkey_as_composed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The socket of a Valkey with the users of the compose file."""
    place = tmp_path_factory.mktemp("valkey") / "socket"
    _, *words = SERVICES["valkey"]["command"]
    options = re.split(r"\n(?=--)", "\n".join(words))
    kept = [option for option in options if not option.startswith(NOT_HERE)]
    given = [
        word.replace("${VALKEY_PASSWORD:?set it in .env}", PASSWORD) for word in "\n".join(kept).split("\n")
    ]
    with subprocess.Popen(
        [
            valkey_program(),
            "--port",
            "0",
            "--unixsocket",
            str(place),
            "--save",
            "",
            "--daemonize",
            "no",
            *given,
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as server:
        until = time.monotonic() + 20
        while not place.exists():
            assert server.poll() is None, server.stdout and server.stdout.read()
            assert time.monotonic() < until
            time.sleep(0.02)
        yield place
        server.kill()


@contextmanager
def broker(certificates: Path, place: Path) -> Iterator[int]:
    with tls_before(lambda: _unix(place), certificates, "localhost") as port:
        yield port


def _unix(place: Path) -> socket.socket:
    connected = socket.socket(socket.AF_UNIX)
    connected.connect(str(place))
    return connected


def test_a_worker_does_its_work_over_tls_with_the_rights_that_it_is_given(
    postgres: PostgresForTests, certificates: Path, valkey_as_composed: Path, tmp_path: Path
) -> None:
    query = (
        SERVICES["events"]["environment"]["SETTLE_BROKER_URL"]
        .rpartition("?")[2]
        .replace("/tls", str(certificates))
    )
    with broker(certificates, valkey_as_composed) as port, postgres.database() as name:
        url = f"rediss://settle:{PASSWORD}@localhost:{port}/0?{query}"
        folder = tmp_path / "settle"
        folder.mkdir()
        with deployment(postgres.worker_url(name), url, folder) as made:
            worker = made.worker("all", "events", "upkeep", size=4)
            made.send("tasks.events.receive", opened("by-name"))
            made.add(opened("by-stream"), top_up("by-stream", 1))
            wait_for(lambda: made.cash_minor("by-stream") == 1000 and made.cash_minor("by-name") == 0, worker)
            made.send("tasks.upkeep.relay")
            wait_for(lambda: made.one("SELECT count(*) FROM outbox WHERE published_at IS NULL") == 0, worker)
            assert worker.terminate() == 0
            log = worker.log.read_text()
            assert "NOPERM" not in log
            assert PASSWORD not in log


def test_a_worker_does_its_work_over_tls_with_sentinels(
    postgres: PostgresForTests, database: str, over_tls: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("settle")
    with deployment(postgres.worker_url(database), over_tls, folder) as made:
        worker = made.worker("all", "events", "upkeep", size=4)
        made.send("tasks.events.receive", opened("by-name"))
        made.add(opened("by-stream"), top_up("by-stream", 1))
        wait_for(lambda: made.cash_minor("by-stream") == 1000 and made.cash_minor("by-name") == 0, worker)
        made.send("tasks.upkeep.relay")
        wait_for(lambda: made.one("SELECT count(*) FROM outbox WHERE published_at IS NULL") == 0, worker)
        assert worker.terminate() == 0


def test_a_client_shows_its_certificate_where_the_broker_wants_one(
    certificates: Path, valkey_as_composed: Path, tmp_path: Path
) -> None:
    """Both clients: that of the streams, and Celery's over our transport."""
    shown = client_certificate(tmp_path)
    with tls_before(lambda: _unix(valkey_as_composed), certificates, "localhost", known=shown) as port:
        of_all = f"rediss://settle:{PASSWORD}@localhost:{port}/0?ssl_ca_certs={certificates / 'ca.pem'}"
        mine = f"&ssl_certfile={shown}&ssl_keyfile={shown.with_suffix('.key')}"
        assert depths(Settings(), of_all + mine) == dict.fromkeys(ALL, 0)
        with pytest.raises(Unavailable):
            depths(Settings(), of_all)
        for url, is_known in ((of_all + mine, True), (of_all, False)):
            client = Celery("test", set_as_current=False)
            client.conf.update(configuration(Settings(), url))
            with closing(client), nullcontext() if is_known else pytest.raises(OperationalError):
                client.send_task("tasks.upkeep.relay", queue="upkeep", retry=False)
            # Its pools of connections tell two apart by their servers, and not by their certificates.
            pools.reset()
        assert depths(Settings(), of_all + mine)["upkeep"] == 1


@pytest.mark.parametrize(
    "command",
    ["FLUSHALL", "CONFIG GET *", "KEYS *", "ACL LIST", "GET other:key", "SHUTDOWN", "MONITOR"],
)
def test_the_workers_user_may_neither_manage_the_broker_nor_see_what_is_not_its_own(
    valkey_as_composed: Path, command: str
) -> None:
    with (
        redis.Redis(unix_socket_path=str(valkey_as_composed), username="settle", password=PASSWORD) as client,
        pytest.raises(redis.exceptions.NoPermissionError),
    ):
        client.execute_command(*command.split())


def test_nobody_gets_in_without_a_name(valkey_as_composed: Path) -> None:
    for username, password in ((None, None), (None, PASSWORD), ("settle", "guessed")):
        with (
            redis.Redis(
                unix_socket_path=str(valkey_as_composed), username=username, password=password, retry=NEVER
            ) as client,
            pytest.raises(redis.exceptions.AuthenticationError),
        ):
            client.ping()


def test_a_producer_with_the_rights_of_the_page_adds_events_and_does_nothing_else(
    valkey_as_composed: Path, tmp_path: Path
) -> None:
    """The rule is taken from docs/operating.md."""
    [rule] = re.findall(r"^ACL SETUSER (crm .*)$", (ROOT / "docs/operating.md").read_text(), re.MULTILINE)
    program = [str(valkey_program()), "--port", "0", "--unixsocket", str(tmp_path / "s"), "--save", ""]
    words = ["--user", *rule.replace("PASSWORD", PASSWORD).split()]
    with subprocess.Popen([*program, *words], stdout=subprocess.DEVNULL) as server:
        try:
            until = time.monotonic() + 20
            while not (tmp_path / "s").exists() and time.monotonic() < until:
                time.sleep(0.02)
            with redis.Redis(
                unix_socket_path=str(tmp_path / "s"), username="crm", password=PASSWORD
            ) as client:
                own = stream_name("settle:", "crm")
                assert client.xadd(own, {"event": "{}"})
                for command in (
                    f"XRANGE {own} - +",
                    f"XTRIM {own} MAXLEN 0",
                    f"DEL {own}",
                    f"XADD {own}:more * a b",
                    "XADD settle:stream:events * a b",
                    "XADD settle:stream:events MAXLEN 0 * a b",
                    "XADD settle:stream:events:web MAXLEN 0 * a b",
                    "HSET settle:stream:taken a 0",
                    "XADD settle:stream:outbound * a b",
                    "LPUSH settle:events x",
                ):
                    with pytest.raises(redis.exceptions.NoPermissionError):
                        client.execute_command(*command.split())
        finally:
            server.kill()


def test_the_database_is_spoken_to_over_tls_and_only_under_its_own_name(
    postgres: PostgresForTests, database: str, certificates: Path
) -> None:
    parts = urlsplit(postgres.worker_url(database))
    [folder] = parse_qs(parts.query).get("host", [""])
    if not folder:
        pytest.skip("not the embedded server")
    [place] = Path(folder).glob(".s.PGSQL.*[0-9]")
    query = (
        SERVICES["events"]["environment"]["SETTLE_DATABASE_URL"]
        .rpartition("?")[2]
        .replace("/tls", str(certificates))
    )
    user = parts.netloc.partition("@")[0]
    for name, good in (("localhost", True), ("valkey", False)):
        with tls_before(lambda: _unix(place), certificates, name, postgres=True) as port:
            url = f"postgresql://{user}@localhost:{port}/{database}?{query}"
            if good:
                with psycopg.connect(url) as connection:
                    assert connection.execute("SELECT 1").fetchone() == (1,)
                    assert connection.pgconn.ssl_in_use
            else:
                with pytest.raises(psycopg.OperationalError, match="certificate"):
                    psycopg.connect(url)

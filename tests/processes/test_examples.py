"""The programs of docs/examples against a real server, real workers and a real beat. Rule: R12.6d."""

from __future__ import annotations

import ast
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from settlement.operations import test_clock
from settlement.operations.inbox.senders import create_key, register_sender
from settlement.operations.webhooks import endpoints
from tests.support.running.loopback import free_port
from tests.support.running.processes import (
    PATIENCE_S,
    Deployment,
    deployment,
    event,
    opened,
    top_up,
    wait_for,
)
from tests.support.running.programs import needs_curl_with_json
from tests.support.servers import PostgresForTests

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
# A producer that prints what it is given in the place of Kafka's.
KAFKA = """
import json
class Sent:
    def get(self, timeout): return None
class KafkaProducer:
    def __init__(self, **settings): assert settings["acks"] == "all"
    def send(self, topic, key, value):
        print(topic, key.decode(), json.loads(value)["type"], flush=True)
        return Sent()
"""


@dataclass(frozen=True)
class Running:
    """A deployment that serves, and what its senders know of it."""

    made: Deployment
    known: Mapping[str, str]

    def run(self, *command: str) -> list[str]:
        """The lines that a program prints until it ends."""
        ended = subprocess.run(
            command, cwd=EXAMPLES, env=self.environment(), capture_output=True, text=True, timeout=PATIENCE_S,
            check=False,
        )  # fmt: skip
        assert ended.returncode == 0, ended.stdout + ended.stderr
        return ended.stdout.splitlines()

    @contextmanager
    def start(self, name: str, **more: str) -> Iterator[Path]:
        """A program that runs for as long as the block lasts, and the file that it prints to."""
        out = self.made.state_dir / f"{name}.out"
        with out.open("wb") as written:
            popen = subprocess.Popen(
                [sys.executable, str(EXAMPLES / name)],
                env=self.environment(**more),
                stdout=written,
                stderr=written,
            )
        try:
            yield out
        finally:
            popen.kill()
            popen.wait()

    def environment(self, **more: str) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("SETTLE_")}
        return {**kept, **self.known, **more}


@pytest.fixture(scope="module")
def running(
    postgres: PostgresForTests, valkey: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("examples")
    settings = {"SETTLE_TEST_CLOCK": "1", "SETTLE_WEBHOOKS__PRIVATE_ADDRESSES": "true"}
    with (
        postgres.database() as name,
        deployment(postgres.worker_url(name), valkey, folder, **settings) as made,
        made.serving() as url,
    ):
        register_sender(made.store, "crm")
        key = create_key(made.store, "crm", ("send", "read"))
        test_clock.move(made.store, datetime(2026, 10, 20, 12, tzinfo=UTC))
        made.worker("events", "events", "upkeep")
        made.beat("beat")
        yield Running(made, {
            "SETTLE": url, "API_KEY": key.text, "SETTLE_BROKER_URL": valkey, "SETTLE_BROKER_KEY_PREFIX": made.prefix,
            "DATABASE_URL": made.database_url.replace("+psycopg", ""),
        })  # fmt: skip


def test_what_is_in_the_folder_is_linked_and_stands_by_itself():
    pages = [*EXAMPLES.parent.glob("*.md"), EXAMPLES.parents[1] / "README.md"]
    text = "".join(page.read_text("utf-8") for page in pages)
    for path in EXAMPLES.iterdir():
        assert f"examples/{path.name})" in text, f"no page links {path.name}"
        if path.suffix == ".py":
            tree = ast.parse(path.read_text("utf-8"))
            names = {of.module or "" for of in ast.walk(tree) if isinstance(of, ast.ImportFrom)}
            names |= {name.name for of in ast.walk(tree) if isinstance(of, ast.Import) for name in of.names}
            others = {name.split(".")[0] for name in names} - sys.stdlib_module_names
            # Kombu is a part of Celery.
            assert others <= {"celery", "kombu", "psycopg", "kafka", "settle_client"}
    lines = (EXAMPLES / "read_announcements.py").read_text("utf-8").splitlines()
    assert len([line for line in lines if line and not line.startswith('"""')]) < 15


def test_by_curl(running: Running):
    needs_curl_with_json()
    for _ in range(2):
        *_, fees, account = running.run("sh", "send_by_http.sh")
        assert json.loads(fees)["state"] == "done"
        assert json.loads(account)["cash"] == {"amount": "250.00", "currency": "USD"}


def test_by_node(running: Running):
    node = shutil.which("node")
    if node is None:
        pytest.skip("no node on PATH")
    if int(subprocess.check_output([node, "--version"], text=True)[1:].split(".")[0]) < 18:
        pytest.skip("fetch needs Node 18")
    for _ in range(2):
        printed = [line.strip() for line in running.run(node, "send_by_http.mjs")]
        assert printed == [
            "open-node done", "tu-node done", "tu-node-2 refused bad_amount",
            '{"amount":"250.00","currency":"USD"}',
        ]  # fmt: skip


def test_by_the_name_of_the_task(running: Running):
    for _ in range(2):
        assert running.run(sys.executable, "send_by_celery.py") == ["sent open-celery tu-celery"]
    wait_for(lambda: running.made.cash_minor("acct-celery") == 250_00, *running.made.processes)


def test_by_sql(running: Running):
    for _ in range(2):
        opening, paid, refused = running.run(sys.executable, "send_by_sql.py")
        assert (opening, paid) == ("open-sql done", "tu-sql done")
        assert refused.startswith("tu-sql-2 refused bad_amount amount 250.005 USD has a fraction")


def test_a_settled_bill_is_printed_by_a_receiver_a_reader_and_a_producer(running: Running, tmp_path: Path):
    made = running.made
    port = str(free_port())
    url = f"http://127.0.0.1:{port}"
    secret = endpoints.add_endpoint(made.store, "me", url, topics=["bill.settled"], private=True)
    (tmp_path / "kafka.py").write_text(KAFKA)
    client = {"PYTHONPATH": str(Path(__file__).parents[2] / "client" / "src")}
    kafka = {"PYTHONPATH": str(tmp_path), "KAFKA": "127.0.0.1:9092", "PLACE": str(tmp_path / "place")}
    with (
        running.start("receive_webhooks.py", WEBHOOK_SECRET=secret, PORT=port, **client) as received,
        running.start("read_announcements.py") as read,
        running.start("copy_to_kafka.py", **kafka) as copied,
    ):
        fee = {
            "id": "1",
            "amount": "30.00",
            "currency": "USD",
            "product": "compute",
            "incurred_at": "2026-10-20T01:00:00Z",
        }
        made.insert(opened("settled"), event("fees", "settled", "fees-1", fees=[fee]))
        wait_for(
            lambda: made.one("SELECT count(*) FROM inbox WHERE account = 'settled' AND state = 'done'") == 2
        )
        cli = ("-c", "from interfaces.cli.main import main; main()")
        moved = made.run(*cli, "clock", "set", "2026-11-02T12:00", "--run")
        assert moved.returncode == 0, moved.stderr
        made.insert(top_up("settled", 1, "30.00"))
        wait_for(lambda: "bill.settled\n" in received.read_text(), *made.processes)
        wait_for(lambda: " bill.settled {" in read.read_text(), *made.processes)
        wait_for(lambda: "settle.announcements settled bill.settled\n" in copied.read_text(), *made.processes)
        wait_for((tmp_path / "place").exists, *made.processes)

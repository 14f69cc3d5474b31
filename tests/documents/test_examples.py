"""What README and docs tell a reader to type does what they say."""

from __future__ import annotations

import json
import re
from pathlib import Path

import psycopg
import pytest

from interfaces.cli.main import run
from worker.broker import stream_name
from worker.processes import PROCESSES

ROOT = Path(__file__).parents[2]
PAGES = [
    ROOT / "README.md",
    *sorted((ROOT / "docs").glob("*.md")),
    *sorted((ROOT / "docs" / "decisions").glob("*.md")),
]
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def blocks(*languages: str) -> list[tuple[str, str]]:
    """Fenced blocks of all pages, each with the page it stands on."""
    return [
        (page.name, body)
        for page in PAGES
        for language, body in BLOCK.findall(page.read_text("utf-8"))
        if language in languages
    ]


def commands(program: str) -> list[str]:
    """Every line of a shell block that runs the program, without its comment."""
    lines = [line for _, body in blocks("sh", "") for line in body.splitlines()]
    return [line.partition(" #")[0].strip() for line in lines if re.match(rf"(\S*/)?{program} ", line)]


@pytest.mark.parametrize(
    ("page", "insert"),
    [item for item in blocks("sql") if "INSERT INTO inbox" in item[1] and "'top_up'" in item[1]],
)
def test_an_insert_as_documented_tops_up_the_account(world, shared_url, page, insert):
    world.open("acct-7")
    with psycopg.connect(shared_url, autocommit=True) as connection:
        assert connection.execute(insert).rowcount == 1, page
        assert connection.execute(insert).rowcount == 0, "sent twice, it counts once"
    world.drain()
    assert world.cash("acct-7") == 25_000


def test_what_the_readme_inserts_works_in_its_order_on_a_fresh_system(world, shared_url):
    with psycopg.connect(shared_url, autocommit=True) as connection:
        for page, insert in blocks("sql"):
            if page == "README.md" and "INSERT INTO inbox" in insert:
                connection.execute(insert)
    world.drain()
    assert world.refused() == []
    assert world.cash("acct-7") == 25_000


def test_a_stream_entry_as_documented_tops_up_the_account(world):
    found = [
        re.findall(r"XADD (\S+) '?\*'? event '(.*)'$", line)
        for _, body in blocks("", "sh")
        for line in body.splitlines()
        if "XADD" in line
    ]
    assert found
    world.open("acct-7")
    for [(stream, event)] in found:
        assert stream == stream_name("settle:")
        world.receive(event)
    world.drain()
    assert world.refused() == []
    assert world.cash("acct-7") == 25_000 * len({json.loads(event)["event_id"] for [(_, event)] in found})


def test_an_event_as_documented_is_accepted(world):
    world.open("acct-7")
    for _, body in blocks("json"):
        message = json.loads(body)
        assert world.receive(message).refused == 0
    world.drain()
    assert world.refused() == []


def test_every_make_target_named_exists():
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    named = {command.split()[1] for command in commands("make")}
    assert {"demo", "test", "bench"} <= named <= targets


GROUPS = (
    "db", "accounts", "fees", "bills", "repayments", "runs", "ledger", "clock", "inbox", "charges", "methods",
    "reconcile", "refunds", "terms", "coupons", "cards", "overdue", "statements", "payments", "relationships",
    "unified", "parked", "quarantine", "disputes", "settings", "products", "senders", "keys", "users",
    "webhooks", "archive",
)  # fmt: skip


@pytest.mark.parametrize("command", sorted(set(commands("settle"))))
def test_every_settle_command_named_exists(command, capsys):
    words = command.split()[1:]
    assert run([*words[: 2 if words[0] in GROUPS else 1], "--help"]) == 0
    help_text = capsys.readouterr().out
    for option in (word for word in words if word.startswith("--")):
        assert option in help_text


@pytest.mark.parametrize("command", [line for line in commands("celery") if " worker " in line])
def test_the_pools_of_the_pages_are_those_that_run(command):
    words = command.split()
    queue, pool, size = (words[words.index(option) + 1] for option in ("-Q", "--pool", "-c"))
    arguments = next(spec.arguments for spec in PROCESSES if spec.queue == queue)
    assert arguments[arguments.index("--pool") + 1] == pool
    assert arguments[arguments.index("-c") + 1] == size

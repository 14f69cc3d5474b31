"""The commands as they are listed, and what `settle` loads before a command begins: modules, not seconds."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence

import pytest

from interfaces.cli.main import run
from interfaces.cli.registry import COMMANDS, PANELS, first_paragraph, load
from interfaces.resources import RESOURCES

# Each takes a good part of a tenth of a second. A command imports what it needs of them inside its functions.
HEAVY = {
    "alembic", "celery", "email", "importlib.metadata", "kombu", "psycopg", "pydantic", "pydantic_settings", "redis",
    "rich", "sqlalchemy", "starlette", "stripe", "structlog", "uvicorn",
    "config.settings", "settlement.operations", "settlement.plans", "settlement.storage", "worker.runtime",
}  # fmt: skip
# Python's own and Typer's are most of the 150 of today; what is built into the interpreter takes no time.
BUILT_IN = set(sys.builtin_module_names)
MOST_MODULES = 200
# SQLAlchemy, psycopg and pydantic are two thirds of them, and four fifths of the time.
MOST_MODULES_TO_READ = 640
MOST_MODULES_OF_STATUS = 780
UNNEEDED = {
    "alembic", "celery", "kombu", "rich", "starlette", "stripe", "structlog", "settlement.focus", "settlement.plans",
    "settlement.operations.settle", "settlement.storage.apply", "settlement.storage.load",
}  # fmt: skip
CALLS = """
import json, sys
from interfaces.cli.main import run

for call in json.loads(sys.argv[1]):
    run(call)
    print(json.dumps(sorted(sys.modules)), file=sys.stderr)
"""


def modules_after(*calls: Sequence[str]) -> list[set[str]]:
    """What is loaded after each of these calls, made one after the other in a new interpreter."""
    ended = subprocess.run(
        [sys.executable, "-c", CALLS, json.dumps(calls)], capture_output=True, text=True, check=True
    )
    return [set(json.loads(line)) for line in ended.stderr.splitlines() if line.startswith("[")]


def helps() -> list[list[str]]:
    """The help of every command and of every command below it."""
    found = []
    for name in COMMANDS:
        inner = getattr(load(name), "commands", {})
        found += [[name, "--help"], *([name, below, "--help"] for below in inner)]
    return found


def test_the_list_of_commands_loads_none_of_them():
    for modules in modules_after(["--help"], ["--version"]):
        assert {module for module in modules if module.startswith("interfaces.cli.commands")} == set()
        assert len(modules - BUILT_IN) <= MOST_MODULES
        assert modules & (HEAVY - {"importlib.metadata", "email"}) == set()


def test_the_help_of_a_command_loads_nothing_heavy():
    calls = helps()
    assert len(calls) > 80
    loaded = {
        " ".join(call): modules & HEAVY for call, modules in zip(calls, modules_after(*calls), strict=True)
    }
    assert {call: sorted(heavy) for call, heavy in loaded.items() if heavy} == {}, (
        "import it inside the function that uses it, and under TYPE_CHECKING for annotations"
    )


def test_a_command_loads_what_it_needs_and_no_more(monkeypatch: pytest.MonkeyPatch, no_settings: None):
    monkeypatch.setenv("SETTLE_DATABASE_URL", "postgresql://x@127.0.0.1:1/x")
    [modules] = modules_after(["bills", "list"])
    assert "sqlalchemy" in modules
    assert modules & UNNEEDED == set()
    assert {module for module in modules if module.startswith(("settlement.operations.", "tasks."))} == set()


@pytest.mark.parametrize("command", [one.command for one in RESOURCES])
def test_whatever_is_done_by_http_is_done_by_a_command_of_its_own(command: str):
    name, _, below = command.partition(" ")
    assert name in COMMANDS
    assert not below or name == "emit" or below in load(name).commands


@pytest.mark.parametrize("call", [["accounts", "list"], ["charges", "list"], ["inbox", "list"], ["status"]])
def test_a_command_that_reads_loads_nothing_of_what_writes(
    call: list[str], monkeypatch: pytest.MonkeyPatch, database_url: str, no_settings: None
):
    """`status` looks into the broker too and knows every subject."""
    monkeypatch.setenv("SETTLE_DATABASE_URL", database_url)
    monkeypatch.setenv("SETTLE_BROKER_URL", "redis://127.0.0.1:1")
    [modules] = modules_after(call)
    # What the client of Redis loads where the extra `traces` is installed.
    modules = {module for module in modules if not module.startswith("opentelemetry")}
    assert "settlement.queries" in modules
    assert modules & UNNEEDED == set()
    assert len(modules) <= (MOST_MODULES_OF_STATUS if call == ["status"] else MOST_MODULES_TO_READ)


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_is_listed_as_its_module_declares_it(name: str):
    command = load(name)
    assert command.name == name
    assert first_paragraph(command.help).startswith(COMMANDS[name].help)


def test_every_command_is_listed_once_and_its_line_fits(capsys: pytest.CaptureFixture[str]):
    names = [entry.name for entries in PANELS.values() for entry in entries]
    assert len(names) == len(COMMANDS)
    assert run(["--help"]) == 0
    shown = capsys.readouterr().out
    assert all(f"\n{panel}:\n" in shown for panel in PANELS)
    assert all(f"\n  {entry.name} " in shown for entry in COMMANDS.values())
    assert max(map(len, shown.splitlines())) <= 80


def test_a_group_without_a_command_shows_its_help(capsys: pytest.CaptureFixture[str]):
    assert run(["bills"]) == 2
    err = capsys.readouterr().err
    assert err.startswith("Usage: settle bills")
    assert "error:" not in err

"""Everything in one go: each part is a command that there is, and an interrupted run is taken up where it ended."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from bench.__main__ import app
from bench.parts import plan
from bench.report import results

BENCH: Any = typer.main.get_command(app)
ORDER = [command for command, _ in plan.commands(small=False)]


@pytest.mark.parametrize("command", [one for part in plan.PARTS for one in (part.command, part.small)])
def test_every_part_is_understood(command: str):
    name, *options = shlex.split(command)
    BENCH.commands[name].make_context(name, options)


def test_every_section_that_goals_are_about_has_a_part_that_measures_it_and_so_have_the_pictures():
    assert {command.split()[0] for command in ORDER} == {
        "month-close", "growth", "scaling", "doors", "threshold", "overdue", "unified", "audit", "focus", "console",
        "webhooks",
    }  # fmt: skip


def test_what_failed_or_was_not_reached_is_left_for_the_next_time(tmp_path: Path):
    output = tmp_path / "results.json"
    said: list[str] = []
    calls: list[Sequence[str]] = []

    def call(arguments):
        calls.append(arguments)
        return 1 if arguments[0] == "unified" else 0

    plan.begin(output)
    planned = plan.commands(small=False)[:4]
    assert plan.run(output, planned, say=said.append, call=call) == ["unified"]
    assert all(arguments[-2:] == ["--output", str(output)] for arguments in calls)
    assert (
        said[0]
        == f"1 of 4: {ORDER[0]}, about 5 of the {sum(part.minutes for part in plan.PARTS[:4]):g} minutes left"
    )
    assert said[-1] == "unified: failed"
    assert plan.left(output, ORDER) == ["unified", *ORDER[4:]]
    part = json.loads(output.read_text())["all"]["parts"][ORDER[0]]
    assert len(part["load_average"]) == 2
    plan.begin(output)
    assert plan.left(output, ORDER) == ORDER


def test_the_command_resumes_and_ends_with_1_where_a_part_failed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    output = tmp_path / "results.json"
    ran: list[str] = []

    def called(arguments: Sequence[str]) -> int:
        ran.append(arguments[0])
        return int(arguments[0] == "audit")

    monkeypatch.setattr(plan, "_called", called)
    ended = CliRunner().invoke(app, ["all", "--small", "--output", str(output)])
    assert ended.exit_code == 1
    assert "audit --bills 2000 --repeats 1: failed" in ended.output
    assert "What it took to measure" in ended.output
    assert len(ran) == len(plan.PARTS)
    ran.clear()
    CliRunner().invoke(app, ["all", "--small", "--resume", "--output", str(output)])
    assert ran == ["audit"]


def test_an_estimate_measures_nothing(tmp_path: Path):
    ended = CliRunner().invoke(app, ["all", "--estimate", "--output", str(tmp_path / "results.json")])
    assert f"{sum(part.minutes for part in plan.PARTS):4g} min in all" in ended.output
    assert results.read(tmp_path / "results.json") == {}

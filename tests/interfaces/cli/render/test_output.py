"""What is printed: plain in a pipe, drawn on a terminal, never an escape sequence from outside."""

from __future__ import annotations

import os
import pty
import subprocess
import sys

import pytest

from interfaces.cli.arguments import to_duration, to_instant
from interfaces.cli.render.output import aligned, printable
from interfaces.cli.render.progress import Reading, metered
from tests.interfaces.cli.conftest import Cli


def settle(*arguments: str) -> list[str]:
    return [sys.executable, "-c", "from interfaces.cli import main; main()", *arguments]


@pytest.mark.usefixtures("unchanged")
def test_a_terminal_gets_a_drawn_table_and_a_pipe_the_bare_words(issued: Cli) -> None:
    screen, terminal = pty.openpty()
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "200"}
    shown = subprocess.run(
        settle("bills", "list"), check=False, stdout=terminal, stderr=terminal, env=environment, timeout=60
    )
    os.close(terminal)
    drawn = os.read(screen, 100_000).decode()
    os.close(screen)
    assert shown.returncode == 0
    assert "─" in drawn
    assert "\x1b[" in drawn
    assert "acme:eu:2026-10" in drawn
    plain = issued("bills", "list").out
    assert "─" not in plain
    assert "\x1b" not in plain


@pytest.mark.usefixtures("unchanged")
def test_a_reader_that_stops_early_is_no_error(issued: Cli) -> None:
    read, write = os.pipe()
    os.close(read)
    ended = subprocess.run(
        settle("bills", "list"),
        check=False,
        stdout=write,
        stderr=subprocess.PIPE,
        env=dict(os.environ),
        timeout=60,
    )
    os.close(write)
    assert (ended.returncode, ended.stderr) == (0, b"")


def test_control_characters_from_outside_are_written_out() -> None:
    assert printable("a\x1b[31mb\x07\n") == "a\\x1b[31mb\\x07\\n"
    assert printable("Ümlaut 漢字 \u202e") == "Ümlaut 漢字 \\u202e"


def test_columns_stand_under_each_other() -> None:
    assert aligned([["a", "n"], ["long", "10"]], [False, True]) == ["a      n", "long  10"]


def test_lengths_and_instants_are_read() -> None:
    from zoneinfo import ZoneInfo

    assert to_duration("1d12h").total_seconds() == 36 * 3600
    zone = ZoneInfo("Asia/Shanghai")
    assert to_instant("2026-11-02T12:00", zone) == to_instant("2026-11-02T04:00:00+00:00", zone)


def test_without_a_terminal_progress_is_a_line_now_and_then(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    now = [100.0]
    monkeypatch.setattr("interfaces.cli.render.progress.time.monotonic", lambda: now[0])
    with metered("import", unit="rows") as meter:
        for done in range(0, 101, 10):
            meter.show(Reading(done, 200))
            now[0] += 1
    assert capsys.readouterr().err.splitlines() == [
        "import: 50 rows, 25 %, 10 rows/s, 15 s left",
        "import: 100 rows, 50 %, 10 rows/s, 10 s left",
    ]

"""What is printed: plain in a pipe, drawn on a terminal, never an escape sequence from outside."""

from __future__ import annotations

import io
import itertools
import os
import pty
import subprocess
import sys
from collections.abc import Sequence

import pytest
from rich.cells import cell_len

from interfaces.cli.arguments import to_duration, to_instant
from interfaces.cli.render.drawn_table import print_drawn
from interfaces.cli.render.output import aligned, printable
from interfaces.cli.render.progress import Reading, metered
from interfaces.fields.field import Column
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


@pytest.mark.parametrize("width", [40, 80, 100, 140])
def test_on_any_terminal_words_names_amounts_and_ids_are_whole(width: int) -> None:
    reference = "0190c7a2-5d1e-7c3b-9f00-2f1f3a5b6c7d"
    columns = [
        Column("account"),
        Column("charge"),
        Column("amount", right=True),
        Column("sent"),
        Column("reason"),
    ]
    rows = [
        (
            "acme holding of the whole north",
            reference,
            "1,234,567.89 USD",
            "2026-11-02T12:00:00+08:00",
            "declined twice",
        ),
        ("漢字", "c", "1 JPY", "-", "-"),
    ]
    drawn = on_a_terminal(width, columns, rows)
    for cell in itertools.chain(*rows):
        assert cell in " ".join(drawn.split()) or all(word in drawn for word in cell.split())
    for whole in (reference, "1,234,567.89 USD", "2026-11-02T12:00:00+08:00", "holding", "declined"):
        assert whole in drawn
    if width >= len(reference) + 10:
        assert max(map(cell_len, drawn.splitlines())) <= width


def on_a_terminal(width: int, columns: list[Column], rows: Sequence[tuple[str, ...]]) -> str:
    with io.StringIO() as screen, pytest.MonkeyPatch.context() as patch:
        patch.setenv("COLUMNS", str(width))
        patch.setattr("sys.stdout", screen)
        print_drawn(columns, rows)
        return screen.getvalue()


@pytest.mark.usefixtures("unchanged")
def test_listings_fit_80_columns_and_lose_nothing(issued: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    listings = (
        ("bills", "list"),
        ("accounts", "list"),
        ("inbox", "list"),
        ("repayments", "list"),
        ("runs", "list"),
    )
    plain = {command: issued(*command).out for command in listings}
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    monkeypatch.setenv("COLUMNS", "80")
    for command, text in plain.items():
        drawn = issued(*command).out
        assert [word for word in text.split() if word not in drawn] == [], command
        assert max(map(len, drawn.splitlines())) <= 80, command


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

"""`settle env` and `settle shell-completion`: what a shell evaluates, and what it is offered."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from interfaces.cli.main import run
from worker.servers import write_embedded

URLS = {
    "database_url": "postgresql://w@/settle?host=%2Ftmp%2Fa%20b", "migration_url": "postgresql://o@/settle",
    "broker_url": "redis://:pa$$'word@127.0.0.1:7000/0",
}  # fmt: skip


def evaluated(script: str, after: str) -> str:
    """What a shell prints when it has evaluated a script."""
    ended = subprocess.run(["bash", "-c", f"{script}\n{after}"], capture_output=True, text=True, check=True)
    return ended.stdout


def test_a_shell_knows_the_embedded_servers_with_their_passwords(
    environment: Callable[[str, str], None], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "state").mkdir()
    write_embedded(tmp_path / "state", URLS)
    assert run(["env"]) == 0
    script = capsys.readouterr().out
    assert evaluated(script, 'printf %s "$SETTLE_BROKER_URL"') == URLS["broker_url"]
    assert evaluated(script, 'printf %s "$SETTLE_DATABASE_URL"') == URLS["database_url"]
    environment("SETTLE_BROKER_URL", "redis://elsewhere/0")
    assert run(["env", "--json"]) == 0
    assert '"SETTLE_BROKER_URL": "redis://elsewhere/0"' in capsys.readouterr().out


def test_without_servers_up_is_named(
    environment: Callable[[str, str], None], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["env"]) == 6
    assert "settle up" in capsys.readouterr().err


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_completion_script_asks_settle(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["shell-completion", shell]) == 0
    assert "_SETTLE_COMPLETE" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "offered"),
    [("settle unif", "unified"), ("settle bills sh", "show"), ("settle bills list --acc", "--account")],
)
def test_commands_and_options_are_completed(words: str, offered: str) -> None:
    environment = os.environ | {
        "_SETTLE_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": str(words.count(" ")),
    }  # fmt: skip
    ended = subprocess.run(
        [sys.executable, "-c", "import sys; from interfaces.cli.main import main; sys.argv = ['settle']; main()"],
        capture_output=True, text=True, check=True, env=environment,
    )  # fmt: skip
    assert ended.stdout.split() == [offered]


def test_a_shell_that_is_not_known_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["shell-completion", "tcsh"]) == 2
    assert "bash" in capsys.readouterr().err

"""Starting and stopping everything on one machine."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from interfaces.cli.main import run


def test_down_with_nothing_running_is_fine(
    environment: Callable[[str, str], None], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["down"]) == 0
    assert "stopped" in capsys.readouterr().out

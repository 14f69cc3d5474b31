"""The demonstration's calendar begins on its own day, however soon its workers look at it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from config.settings import load_settings
from interfaces.cli.render.progress import metered
from sandbox.demo import story
from sandbox.demo.stage import Stage
from sandbox.local.stack import LocalUrls, local_urls


class FirstLook(Exception):
    """A worker would ask now what time it is."""


@dataclass(frozen=True, slots=True)
class BareStage(Stage):
    """Servers that run already, no stand-in for gateways, and nobody who works."""

    def servers(self) -> LocalUrls:
        return local_urls(self.settings)

    def gateway(self) -> Any:
        def set_clock(_at: datetime) -> None:
            return None

        return SimpleNamespace(set_clock=set_clock)

    def processes(self, urls: LocalUrls) -> None:
        raise FirstLook


def test_the_clock_is_set_before_workers_start(
    database_url: str, valkey: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, no_settings: None
) -> None:
    for name, value in {
        "DATABASE_URL": database_url, "BROKER_URL": valkey, "TEST_CLOCK": "1", "STATE_DIR": str(tmp_path),
    }.items():  # fmt: skip
        monkeypatch.setenv(f"SETTLE_{name}", value)
    monkeypatch.setattr(story, "_quiet", lambda: None)
    played = story.Story(BareStage(load_settings(), True, True), accounts=60, rows=10, seed=1)
    with pytest.raises(FirstLook), metered("servers", unit="started") as meter:
        played.steps()[0].play(meter)
    assert played.runtime.now().isoformat() == "2026-10-20T01:00:00+00:00"
    played.runtime.store.close()

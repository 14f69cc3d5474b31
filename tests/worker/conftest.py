"""A runtime of this process on a real database."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from config.settings import load_settings
from worker import runtime
from worker.runtime import Runtime, build_runtime


@pytest.fixture
def rt(database_url: str, monkeypatch: pytest.MonkeyPatch, no_settings: None) -> Iterator[Runtime]:
    monkeypatch.setenv("SETTLE_DATABASE_URL", database_url)
    made = build_runtime(load_settings())
    monkeypatch.setattr(runtime, "_runtime", made)
    yield made
    made.close()

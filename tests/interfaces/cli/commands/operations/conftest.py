"""`settle` with a broker of the test's own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.interfaces.cli.conftest import Cli


@pytest.fixture
def served(cli: Cli, valkey: str, tmp_path: Path, environment: Callable[[str, str], None]) -> Cli:
    environment("SETTLE_BROKER_URL", valkey)
    environment("SETTLE_BROKER_KEY_PREFIX", f"{tmp_path.name}:")
    return cli

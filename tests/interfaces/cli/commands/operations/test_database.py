"""The schema."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.interfaces.cli.conftest import Cli
from tests.support.servers import PostgresForTests


@pytest.mark.usefixtures("unchanged")
def test_migrating_twice_is_migrating_once(
    cli: Cli, postgres: PostgresForTests, environment: Callable[[str, str], None]
) -> None:
    with postgres.empty_database() as name:
        environment("SETTLE_DATABASE_URL", postgres.worker_url(name))
        environment("SETTLE_MIGRATION_URL", postgres.owner_url(name))
        first = cli.json("db", "migrate")
        assert cli.json("db", "migrate") == first
        assert cli.json("accounts", "list") == {"accounts": [], "next": None}

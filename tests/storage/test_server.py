"""A server of PostgreSQL that is too old is refused, by whoever would write to it first."""

from __future__ import annotations

import pytest

from settlement.errors import UnusableServer
from settlement.storage import server
from settlement.storage.migrate import upgrade
from tests.support.servers import PostgresForTests


def test_a_server_that_is_too_old_is_not_migrated(
    postgres: PostgresForTests, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "OLDEST", 990000)
    with (
        postgres.empty_database() as name,
        pytest.raises(UnusableServer, match=r"^PostgreSQL \d+\.\d+.* is too old: use 99 or later$"),
    ):
        upgrade(postgres.owner_url(name), worker_role=None)

"""The same month on servers that are not the embedded ones: other versions of PostgreSQL, Redis, a pooler.

Each is tested where it is installed.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.running.installed import POSTGRES, installed_pgbouncer, installed_postgres, installed_redis
from tests.support.running.month import settles_a_month
from tests.support.running.processes import deployment
from tests.support.servers import PostgresForTests


@pytest.mark.parametrize("programs", POSTGRES or [None], ids=lambda path: path and path.parent.name)
def test_a_postgresql_that_is_installed(programs: Path | None, valkey: str, tmp_path: Path) -> None:
    if programs is None:
        pytest.skip("no PostgreSQL below /usr/lib/postgresql")
    with installed_postgres(programs) as url, deployment(url, valkey, tmp_path) as made:
        settles_a_month(made)


def test_a_redis_that_is_installed(postgres: PostgresForTests, database: str, tmp_path: Path) -> None:
    with installed_redis() as url, deployment(postgres.worker_url(database), url, tmp_path) as made:
        settles_a_month(made)


def test_pgbouncer_in_transaction_mode(
    postgres: PostgresForTests, database: str, valkey: str, tmp_path: Path
) -> None:
    with (
        installed_pgbouncer(postgres.worker_url(database)) as url,
        deployment(url, valkey, tmp_path) as made,
    ):
        settles_a_month(made)

from __future__ import annotations

import psycopg
import pytest
import redis

from config.settings import Settings
from sandbox.local.postgres import EmbeddedPostgres
from sandbox.local.stack import ensure_servers, local_urls, stop_servers
from worker.servers import broker_url, database_url


def test_embedded_servers_are_started_and_stopped(tmp_path, no_settings):
    settings = Settings(state_dir=tmp_path)
    try:
        urls = ensure_servers(settings)
        assert urls == ensure_servers(settings) == local_urls(settings)
        assert (database_url(settings), broker_url(settings)) == (urls.database_url, urls.broker_url)
        for url, user in ((urls.database_url, "settle_worker"), (urls.migration_url, "settle_owner")):
            with psycopg.connect(url) as connection:
                assert connection.execute("SELECT current_user").fetchone() == (user,)
        with redis.Redis.from_url(urls.broker_url) as client:
            assert client.ping()
        stop_servers(settings)
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(urls.database_url)
    finally:
        stop_servers(settings)
        EmbeddedPostgres(tmp_path).destroy()


def test_given_servers_are_used_and_no_folder_is_made(tmp_path, no_settings):
    state_dir = tmp_path / "state"
    settings = Settings(
        database_url="postgres://worker:secret@db/bills",  # type: ignore[arg-type]
        broker_url="redis://broker/1",  # type: ignore[arg-type]
        state_dir=state_dir,
    )
    urls = ensure_servers(settings)
    assert urls.as_environment() == {
        "SETTLE_DATABASE_URL": "postgresql://worker:secret@db/bills",
        "SETTLE_MIGRATION_URL": "postgresql://worker:secret@db/bills",
        "SETTLE_BROKER_URL": "redis://broker/1",
    }
    assert "secret" not in repr(urls)
    stop_servers(settings)
    assert not state_dir.exists()

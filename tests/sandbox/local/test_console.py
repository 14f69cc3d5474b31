"""The console beside the pools of a laptop: started once, found by its log, entered by a link, stopped with them."""

from __future__ import annotations

import socket
from contextlib import closing

import httpx
import pytest
from pydantic import SecretStr

from config.collection import ServeSettings
from config.settings import Settings
from sandbox.local.console import NAME, console_url, first_link, start_console
from sandbox.local.processes import stop_processes
from sandbox.local.stack import LocalUrls
from settlement.storage.store import Store
from worker.processes import live_process


@pytest.fixture
def settings(database_url, valkey, tmp_path):
    """Of a folder whose port is taken by somebody else."""
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        serve = ServeSettings(port=taken.getsockname()[1])
        settings = Settings(
            database_url=SecretStr(database_url),
            broker_url=SecretStr(valkey),
            state_dir=tmp_path,
            serve=serve,
        )
        yield settings
        stop_processes(settings)


def test_it_is_started_once_named_entered_by_a_link_and_stopped(settings, database_url, valkey):
    urls = LocalUrls(database_url, database_url, valkey)
    assert start_console(settings, urls)
    first = live_process(settings.state_dir, NAME)
    assert start_console(settings, urls)
    assert live_process(settings.state_dir, NAME) == first
    url = console_url(settings)
    assert url is not None
    assert not url.endswith(f":{settings.serve.port}")
    store = Store(database_url)
    try:
        links = [first_link(store, url, "admin") for _ in range(2)]
    finally:
        store.close()
    for link in links:
        with httpx.Client() as client:
            assert client.post(link).headers["location"] == "/console"
            assert client.get(f"{url}/console").status_code == 200
    assert stop_processes(settings) == ()
    assert live_process(settings.state_dir, NAME) is None
    assert console_url(settings) is None

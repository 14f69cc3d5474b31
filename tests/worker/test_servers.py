"""Where the servers are: the settings come first, then what `settle up` wrote down."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from config.settings import Settings
from worker.servers import (
    BROKER,
    DATABASE,
    FILE,
    OWNER,
    LocalServerError,
    broker_url,
    database_url,
    migration_url,
    write_embedded,
)

URLS = {
    DATABASE: "postgresql://worker@/settle",
    OWNER: "postgresql://owner@/settle",
    BROKER: "redis://:secret@here/0",
}


def test_embedded_servers_are_where_the_file_says_and_only_its_owner_may_read_it(
    tmp_path: Path, no_settings: None
):
    for urls in ({**URLS, BROKER: "redis://:old@here/0"}, URLS):
        write_embedded(tmp_path, urls)
    settings = Settings(state_dir=tmp_path)
    assert [read(settings) for read in (database_url, migration_url, broker_url)] == list(URLS.values())
    assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == [FILE]


def test_what_the_settings_name_comes_first(tmp_path: Path, no_settings: None):
    write_embedded(tmp_path, URLS)
    settings = Settings(
        state_dir=tmp_path,
        database_url="postgresql://worker@db/bills",  # type: ignore[arg-type]
        broker_url="redis://broker/1",  # type: ignore[arg-type]
    )
    assert database_url(settings) == migration_url(settings) == "postgresql://worker@db/bills"
    assert broker_url(settings) == "redis://broker/1"


@pytest.mark.parametrize("content", [None, "", "{}", "[1]"])
def test_without_either_the_variable_and_the_folder_are_named(
    tmp_path: Path, no_settings: None, content: str | None
):
    if content is not None:
        (tmp_path / FILE).write_text(content)
    settings = Settings(state_dir=tmp_path)
    for read, variable in ((database_url, "SETTLE_DATABASE_URL"), (broker_url, "SETTLE_BROKER_URL")):
        with pytest.raises(LocalServerError, match=variable) as caught:
            read(settings)
        assert str(tmp_path) in str(caught.value)

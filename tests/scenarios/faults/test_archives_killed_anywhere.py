"""Whoever writes out old months dies before any statement, commit, write to the disk or rename: the end is the same.

Rule: R11.12b.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import text

from settlement.model.cycle import Cycle
from settlement.operations.archive import files
from settlement.operations.archive.months import ArchiveLimits, archive_before
from tests.support.world import Killed, statements


@pytest.fixture
def deaths_on_disk(monkeypatch):
    """Counts what is done to the disk, and dies before the `die_at`-th of it."""

    class Disk:
        die_at: int | None = None
        done = 0

        def before(self) -> None:
            if self.done == self.die_at:
                raise Killed("on the disk")
            self.done += 1

    disk, to_disk, rename = Disk(), files._to_disk, Path.rename

    def flushed(path):
        disk.before()
        to_disk(path)

    def renamed(path, target):
        disk.before()
        return rename(path, target)

    monkeypatch.setattr(files, "_to_disk", flushed)
    monkeypatch.setattr(Path, "rename", renamed)
    return disk


@pytest.mark.parametrize("on_disk", [True, False], ids=["on the disk", "at a statement"])
def test_what_leaves_is_in_a_file_whenever_the_process_dies(world, owner, tmp_path, deaths_on_disk, on_disk):
    _three_months(world)
    everything, moved = _fees(world), _entries(world)

    def write_out():
        limits = ArchiveLimits(accounts=1, announcements=4)
        archive_before(owner, tmp_path, Cycle(202701), at=world.now, policy=world.policy, limits=limits)

    killed = 0
    while True:
        deaths_on_disk.die_at, deaths_on_disk.done = (killed if on_disk else None), 0
        try:
            with statements(owner, die_at=None if on_disk else killed):
                write_out()
        except Killed:
            killed += 1
            # Each fee is here or in a file on record, and never in both.
            assert sorted(_fees(world) + _archived(world, tmp_path, "fees", "fee_key")) == everything
            assert sorted(_entries(world) + _archived(world, tmp_path, "entries", "id")) == moved
            assert world.violated() == {}
        else:
            break
    assert killed > (8 if on_disk else 25)
    deaths_on_disk.die_at = None
    write_out()
    assert world.one("SELECT count(*) FROM archive WHERE kind = 'bills'") == 2
    assert world.one("SELECT count(*) FROM archive WHERE kind = 'ledger'") == 2
    assert world.rows("SELECT DISTINCT cycle FROM fee") == [(202612,)]
    assert sorted(_entries(world) + _archived(world, tmp_path, "entries", "id")) == moved
    # Of each account what it was opened with, and what December's bill moved.
    assert len(_entries(world)) == 6
    assert world.one("SELECT count(*) FROM inbox WHERE type = 'top_up'") == 0
    assert world.violated() == {}


def _three_months(world):
    world.open("a", "b", opening_cash="100.00")
    for month, after in (("10", "2026-11"), ("11", "2026-12"), ("12", "2027-01")):
        world.at(f"2026-{month}-15 00:00")
        for name in ("a", "b"):
            world.top_up(name, "1.00")
            world.fee(name, "1.10", incurred_at=f"2026-{month}-10T00:00:00Z")
        world.at(f"{after}-02 04:00").tick()
    with world.store.transaction() as tx:
        tx.execute(text("UPDATE outbox SET published_at = clock_timestamp()"))


def _fees(world):
    return sorted(row[0] for row in world.rows("SELECT CAST(fee_key AS text) FROM fee"))


def _entries(world):
    return sorted(
        row[0] for row in world.rows("SELECT id FROM ledger_transfer WHERE cause NOT LIKE 'archive:%'")
    )


def _archived(world, folder, kind, column):
    found = []
    for (written,) in world.rows("SELECT files FROM archive"):
        for one in written:
            files.refuse_unless_whole(folder, files.File(**one))
            if one["name"].endswith(f"-{kind}.parquet"):
                found += [row[column] for part in files.read(folder / one["name"]) for row in part]
    return found

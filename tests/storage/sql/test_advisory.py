"""No two things share an advisory lock: nobody waits for what has nothing to do with them. Rule: R11.8c."""

from __future__ import annotations

import re
from pathlib import Path

from settlement.storage.sql.advisory import Advisory
from settlement.storage.sql.locks import wait_at_most
from settlement.storage.work import outbox
from settlement.storage.work.settings import versions

ROOT = Path(__file__).parents[3]
CALL = re.compile(r"pg_(?:try_)?advisory\w*\(\s*([^,)\s]+)")
NUMBER = re.compile(r"0x5e7[0-9a-f]*|\b619\d{4}\b", re.IGNORECASE)


def sources() -> list[Path]:
    rooms = ("settlement", "worker", "tasks", "interfaces", "sandbox")
    return [path for room in rooms for kind in ("py", "sql") for path in (ROOT / room).rglob(f"*.{kind}")]


def test_every_advisory_lock_is_one_of_the_list():
    taken = {key for path in sources() for key in CALL.findall(path.read_text())}
    assert taken - {":key", ":space"} == {str(int(Advisory.OUTBOX_EPOCH))}
    with_numbers = [
        path.name for path in sources() if path.suffix == ".py" and NUMBER.search(path.read_text())
    ]
    assert with_numbers == ["advisory.py"]
    assert len(set(Advisory)) == len(Advisory.__members__), "no two have the same number"


def test_whoever_sets_something_waits_for_no_relay(world):
    with world.store.transaction() as relay, world.store.transaction() as setting:
        assert outbox.begin_relay(relay)
        wait_at_most(setting, 100)
        versions.lock(setting)

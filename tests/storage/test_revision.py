from __future__ import annotations

import re

from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from settlement.storage.revision import current_revision, head_revision
from settlement.storage.store import Store


def test_the_revision_expected_is_the_one_that_alembic_would_bring_a_database_to():
    assert head_revision() == ScriptDirectory("settlement/storage/migrations").get_current_head()


# Numbers of changes that came to nothing, or were numbered anew. None of them is given again: a database that is beyond
# it counts as new enough, and would never be brought to it.
LEFT_OUT = (17, 19, 24, 28, 32, 33, 34, 35, 37)


def test_numbers_of_revisions_ascend_and_none_is_put_in_between_later():
    chain = list(ScriptDirectory("settlement/storage/migrations").walk_revisions())[::-1]
    assert [one.down_revision for one in chain] == [None, *(one.revision for one in chain[:-1])]
    numbers = [int(one.revision) for one in chain]
    assert numbers == sorted(numbers)
    assert sorted({*range(1, numbers[-1])} - {*numbers}) == list(LEFT_OUT)
    assert all(re.fullmatch(r"\d{4}", one.revision) for one in chain)


def test_the_revision_of_a_database_is_read_as_alembic_reads_it(shared_store: Store):
    with shared_store.transaction() as tx:
        assert (
            current_revision(tx) == MigrationContext.configure(tx).get_current_revision() == head_revision()
        )


def test_a_database_without_the_table_has_none(shared_store: Store):
    with shared_store.transaction() as tx:
        tx.execute(text("SET LOCAL search_path TO pg_temp"))
        assert current_revision(tx) is None

from __future__ import annotations

from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from settlement.storage.revision import current_revision, head_revision
from settlement.storage.store import Store


def test_the_revision_expected_is_the_one_that_alembic_would_bring_a_database_to():
    assert head_revision() == ScriptDirectory("settlement/storage/migrations").get_current_head()


def test_the_revision_of_a_database_is_read_as_alembic_reads_it(shared_store: Store):
    with shared_store.transaction() as tx:
        assert (
            current_revision(tx) == MigrationContext.configure(tx).get_current_revision() == head_revision()
        )


def test_a_database_without_the_table_has_none(shared_store: Store):
    with shared_store.transaction() as tx:
        tx.execute(text("SET LOCAL search_path TO pg_temp"))
        assert current_revision(tx) is None

"""The tables as they are written down here are those that the migrations make. Rule: R11.7."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from sqlalchemy import Column, Enum

from settlement.storage.tables.kinds import name_of
from settlement.storage.tables.schema import TABLES

MIGRATIONS_OWN = {"alembic_version"}
COLUMNS = """
    SELECT t.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity = 'a'
    FROM pg_class t JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
    WHERE t.relnamespace = 'public'::regnamespace AND t.relkind IN ('r', 'p') AND NOT t.relispartition"""
KEYS = """
    SELECT c.conrelid::regclass::text, c.confrelid::regclass::text,
           ARRAY(SELECT a.attname::text FROM unnest(c.conkey) WITH ORDINALITY AS k (no, place)
                 JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.no ORDER BY k.place),
           ARRAY(SELECT a.attname::text FROM unnest(c.confkey) WITH ORDINALITY AS k (no, place)
                 JOIN pg_attribute a ON a.attrelid = c.confrelid AND a.attnum = k.no ORDER BY k.place)
    FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid
    WHERE c.contype IN ('p', 'f') AND t.relnamespace = 'public'::regnamespace AND NOT t.relispartition"""
ENUMS = """
    SELECT t.typname, array_agg(e.enumlabel::text ORDER BY e.enumsortorder)
    FROM pg_type t JOIN pg_enum e ON e.enumtypid = t.oid GROUP BY t.typname"""


def as_migrated(connection: psycopg.Connection) -> set[Any]:
    """What is there: columns with kind, whether they may be empty and are numbered, keys, and enumerations."""
    columns = set(connection.execute(COLUMNS).fetchall())
    keys = {(a, b, tuple(own), tuple(others)) for a, b, own, others in connection.execute(KEYS)}
    enums = {(name, tuple(values)) for name, values in connection.execute(ENUMS)}
    return {fact for fact in columns | keys | enums if fact[0] not in MIGRATIONS_OWN}


def as_written_down() -> set[Any]:
    """The same of the tables of the code."""
    facts: set[Any] = set()
    for table in TABLES:
        facts.add((table.name, "-", tuple(table.primary_key.columns.keys()), ()))
        for foreign in table.foreign_key_constraints:
            others = tuple(element.column.name for element in foreign.elements)
            facts.add((table.name, foreign.referred_table.name, tuple(foreign.column_keys), others))
        for column in table.columns:
            facts.add((table.name, column.name, kind(column), not column.nullable, bool(column.identity)))
            if isinstance(column.type, Enum):
                facts.add((column.type.name, tuple(column.type.enums)))
    return facts


def kind(column: Column[Any]) -> str:
    """As PostgreSQL prints it."""
    return name_of(column.type).lower().replace("char(", "character(")


def test_tables_columns_kinds_keys_and_enumerations_are_those_of_the_migrations(shared_owner_url):
    with psycopg.connect(shared_owner_url) as connection:
        there, here = as_migrated(connection), as_written_down()
    assert there - here == set(), "in the database, and not written down"
    assert here - there == set(), "written down, and not in the database"
    assert len(here) > 400


@pytest.mark.parametrize(
    "planted",
    [
        "CREATE TABLE forgotten (id bigint PRIMARY KEY)",
        "DROP TABLE test_clock",
        "ALTER TABLE account ADD COLUMN forgotten text",
        "ALTER TABLE account DROP COLUMN name",
        "ALTER TABLE account RENAME COLUMN name TO title",
        "ALTER TABLE account ALTER COLUMN name DROP NOT NULL",
        "ALTER TABLE account ALTER COLUMN parked_at SET NOT NULL",
        "ALTER TABLE run_range ALTER COLUMN attempts TYPE integer",
        "ALTER TABLE outbox ALTER COLUMN id DROP IDENTITY",
        "ALTER TABLE fee DROP CONSTRAINT fee_pkey",
        "ALTER TABLE bill DROP CONSTRAINT bill_account_id_fkey",
        "ALTER TABLE ledger_transfer ADD COLUMN forgotten text",
        "ALTER TABLE bill ALTER COLUMN cycle TYPE integer",
        "ALTER TYPE slot_state ADD VALUE 'forgotten'",
    ],
)
def test_a_difference_is_found(shared_owner_url, planted):
    with psycopg.connect(shared_owner_url) as connection:
        connection.execute(planted)
        assert as_migrated(connection) != as_written_down()
        connection.rollback()

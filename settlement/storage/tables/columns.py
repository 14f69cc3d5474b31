"""The words in which tables are written down: which columns are keys, and which may be empty."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, ForeignKey, ForeignKeyConstraint, Identity, MetaData, Table
from sqlalchemy.schema import SchemaItem
from sqlalchemy.types import TypeEngine

from settlement.storage.tables.kinds import BIGINT

SCHEMA = MetaData()


def table(name: str, *parts: SchemaItem) -> Table:
    """A table of the schema: its columns in their order, then what else holds for them."""
    return Table(name, SCHEMA, *parts)


def numbered(name: str, *, primary_key: bool = True) -> Column[Any]:
    """A number that PostgreSQL gives to each new row, as a rule its key."""
    return Column(name, BIGINT, Identity(always=True), primary_key=primary_key, nullable=False)


def key(name: str, kind: TypeEngine[Any], refers_to: str | None = None) -> Column[Any]:
    """A column of the primary key. `refers_to`: the column, as `table.column`, that must hold the value."""
    return Column(name, kind, *_foreign(refers_to), primary_key=True)


def required(name: str, kind: TypeEngine[Any], refers_to: str | None = None) -> Column[Any]:
    """A column that is never NULL."""
    return Column(name, kind, *_foreign(refers_to), nullable=False)


def optional(name: str, kind: TypeEngine[Any], refers_to: str | None = None) -> Column[Any]:
    """A column that may be NULL."""
    return Column(name, kind, *_foreign(refers_to), nullable=True)


def references(name: str, *columns: str) -> ForeignKeyConstraint:
    """Columns that together name a row of another table, under the same names."""
    return ForeignKeyConstraint(columns, [f"{name}.{column}" for column in columns])


def _foreign(refers_to: str | None) -> tuple[ForeignKey, ...]:
    return () if refers_to is None else (ForeignKey(refers_to),)

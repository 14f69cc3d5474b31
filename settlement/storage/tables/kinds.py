"""Kinds of columns, under the names that PostgreSQL gives them."""

from __future__ import annotations

from typing import Any, get_args

from sqlalchemy import make_url
from sqlalchemy.dialects import postgresql
from sqlalchemy.types import TypeEngine

_DIALECT = make_url("postgresql+psycopg://").get_dialect()()

BIGINT = postgresql.BIGINT()
INTEGER = postgresql.INTEGER()
SMALLINT = postgresql.SMALLINT()
NUMERIC: TypeEngine[Any] = postgresql.NUMERIC()
DOUBLE_PRECISION: TypeEngine[Any] = postgresql.DOUBLE_PRECISION()
BOOLEAN = postgresql.BOOLEAN()
TEXT = postgresql.TEXT()
BYTEA = postgresql.BYTEA()
JSON = postgresql.JSON()
JSONB = postgresql.JSONB()
UUID = postgresql.UUID()
UUIDS = postgresql.ARRAY(UUID)
DATE = postgresql.DATE()
TIMESTAMPTZ = postgresql.TIMESTAMP(timezone=True)
TEXTS = postgresql.ARRAY(TEXT)
DATES = postgresql.ARRAY(DATE)
BIGINTS = postgresql.ARRAY(BIGINT)
CURRENCY_CODE = postgresql.CHAR(3)
# A billing month as the integer YYYYMM.
CYCLE = postgresql.DOMAIN("billing_cycle", INTEGER)


def enum(name: str, values: Any) -> postgresql.ENUM:
    """A type of the schema that knows the values of this `Literal` alone, in this order."""
    return postgresql.ENUM(*get_args(values), name=name)


def name_of(kind: TypeEngine[Any]) -> str:
    """What PostgreSQL calls it, in capitals where it is a name of its own."""
    return kind.compile(dialect=_DIALECT)

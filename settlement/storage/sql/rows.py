"""Any number of rows as the parameters of one statement: an array per column."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple, Protocol, TypeVar, cast

from sqlalchemy import Connection, CursorResult, Table, TextClause, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.types import TypeEngine

from settlement.model.accounts import AccountId
from settlement.storage.sql.arrays import few_array, plain_array, text_array
from settlement.storage.sql.columns import names_of
from settlement.storage.tables.kinds import name_of

Kind = TypeEngine[Any]
Row = TypeVar("Row", bound=tuple[Any, ...])


class _OfAccount(Protocol):
    @property
    def account_id(self) -> AccountId: ...


Of = TypeVar("Of", bound=_OfAccount)
# What may be written with characters that mean something in an array.
_QUOTED = (postgresql.TEXT, postgresql.CHAR, postgresql.JSONB)
# Of which the rows of a set have few different values.
_FEW = (postgresql.TIMESTAMP, postgresql.DATE, postgresql.BOOLEAN, postgresql.ENUM, postgresql.DOMAIN)


class Statement(NamedTuple):
    """SQL over `v`, a table of parameters, with what makes an array of each of its columns.

    Most also name the bounds of the account (of the first column where there is none), `:first` and `:last`: with them
    PostgreSQL goes by the index and not through the whole table.
    """

    clause: TextClause
    arrays: Mapping[str, Callable[[Sequence[Any]], str]]


def from_rows(
    table: Table,
    row: type[Any] | tuple[str, ...],
    statement: str,
    *,
    kinds: Mapping[str, Kind] | None = None,
    **assigned: str,
) -> Statement:
    """A statement over rows of this type, whose fields are columns of the table, or have `kinds` of their own.

    In its text `$v` stands for the rows and `$columns` for the list of their columns. `$set` gives every column that is
    neither of the key nor `account_id` the row's value, or what is `assigned`; `$excluded` does so after a conflict.

    Raises:
        KeyError: a field is no column. Statements are made when their module is read, so no process starts with it.
    """
    names = row if isinstance(row, tuple) else names_of(row)
    own = kinds or {}
    kind_of = {name: own[name] if name in own else table.c[name].type for name in names}
    values = [name for name in names if name in table.c and not _is_key(table, name)]
    parts = {
        "$v": f"{_unnested(kind_of)} AS v ({', '.join(names)})",
        "$columns": ", ".join(names),
        "$set": ", ".join(f"{name} = {assigned.get(name, f'v.{name}')}" for name in values),
        "$excluded": ", ".join(f"{name} = {assigned.get(name, f'excluded.{name}')}" for name in values),
    }
    for part, sql in parts.items():
        statement = statement.replace(part, sql)
    return Statement(text(statement), {name: _array_of(kind) for name, kind in kind_of.items()})


def _is_key(table: Table, name: str) -> bool:
    return table.c[name].primary_key or name == "account_id"


def _unnested(kinds: Mapping[str, Kind]) -> str:
    """An array per column, side by side. A list travels as text, for an array of lists must be a rectangle."""
    arrays = ", ".join(f"CAST(:{name} AS {_element_of(kind)}[])" for name, kind in kinds.items())
    if not any(isinstance(kind, postgresql.ARRAY) for kind in kinds.values()):
        return f"unnest({arrays})"
    listed = ", ".join(
        f"CAST({name} AS {name_of(kind)})" if isinstance(kind, postgresql.ARRAY) else name
        for name, kind in kinds.items()
    )
    return f"(SELECT {listed} FROM unnest({arrays}) AS w ({', '.join(kinds)}))"


def _element_of(kind: Kind) -> str:
    """As PostgreSQL calls it; of a domain its base, since the column checks the values, and once is enough."""
    if isinstance(kind, postgresql.ARRAY):
        return "text"
    base = kind.data_type if isinstance(kind, postgresql.DOMAIN) else kind
    return name_of(base)


def _array_of(kind: Kind) -> Callable[[Sequence[Any]], str]:
    if isinstance(kind, postgresql.ARRAY):
        inner = _array_of(kind.item_type)
        return lambda lists: text_array(None if values is None else inner(values) for values in lists)
    if isinstance(kind, _FEW):
        return few_array
    return text_array if isinstance(kind, _QUOTED) else plain_array


def parameters(statement: Statement, rows: Sequence[Any]) -> dict[str, Any]:
    """One array literal per column."""
    return _arrays(statement, list(zip(*rows, strict=True)))


def _arrays(statement: Statement, columns: Sequence[Sequence[Any]]) -> dict[str, Any]:
    return {
        name: array(values) for (name, array), values in zip(statement.arrays.items(), columns, strict=True)
    }


def write(tx: Connection, statement: Statement, rows: Sequence[Any], **more: Any) -> int:
    """Runs the statement over the rows, if there are any. Returns how many rows of the table it met."""
    if not rows:
        return 0
    place = list(statement.arrays).index("account_id") if "account_id" in statement.arrays else 0
    columns = list(zip(*rows, strict=True))
    ids = [one for one in columns[place] if one is not None] or [0]
    bounds = {"first": min(ids), "last": max(ids)}
    return tx.execute(statement.clause, _arrays(statement, columns) | bounds | more).rowcount


def read(tx: Connection, statement: Statement, rows: Sequence[Any], **more: Any) -> Sequence[Any]:
    """Runs the statement over the rows, if there are any. Returns what it finds, or what the statement returns."""
    return tx.execute(statement.clause, parameters(statement, rows) | more).all() if rows else []


def driver_rows(result: CursorResult[Any]) -> list[Any]:
    """The rows as the driver gives them, without SQLAlchemy's wrapping: a month close reads two for every bill."""
    return cast("list[Any]", cast("Any", result.cursor).fetchall())


def only_column(result: CursorResult[Any]) -> list[Any]:
    """The values of the one column selected, likewise."""
    return [value for (value,) in driver_rows(result)]


def rows_as(result: CursorResult[Any], row: type[Row]) -> list[Row]:
    """The same as named tuples of a type whose fields are the columns selected."""
    # Not by the constructor, nor by `_make`, which take as long again.
    return list(map(partial(tuple.__new__, row), driver_rows(result)))


def by_account(rows: Iterable[Of]) -> dict[AccountId, list[Of]]:
    """What belongs to an account, by its id, in the order given."""
    found: dict[AccountId, list[Of]] = defaultdict(list)
    for row in rows:
        found[row.account_id].append(row)
    return found

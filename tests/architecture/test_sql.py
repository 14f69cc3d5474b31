"""SQL is written down, not put together: what a function joins into a statement is named here with its reason.

Constants at the top of a module may be joined, for no value exists when it is read. Ruff's S608 watches the rest.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
SQL = re.compile(
    r"\b(SELECT|INSERT INTO|UPDATE|DELETE FROM|CREATE|ALTER|DROP|GRANT|REVOKE|SET LOCAL|SET TRANSACTION|COPY|WITH)\b"
)
# Each takes constants of the code, or names that the driver or the server has quoted.
JOINED = {
    ("settlement/audit/catalogue.py", "find"): "wraps the text of a check",
    ("settlement/audit/catalogue.py", "find_in"): "wraps the text of a check",
    (
        "settlement/audit/checks/balances.py",
        "_fund_balance",
    ): "a kind and its table, when the module is read",
    ("settlement/audit/checks/fees.py", "_total"): "a name out of the code, when the module is read",
    ("settlement/storage/sql/copy.py", "copy_rows"): "a table and its columns out of the code",
    ("settlement/storage/sql/rows.py", "_unnested"): "columns of a table and their kinds",
    ("settlement/queries/ledger.py", "balances"): "names of columns out of the code",
    ("settlement/queries/ledger.py", "brought_forward"): "names of columns out of the code",
    ("settlement/storage/migrate.py", "_grant_senders"): "the columns of the code that a sender may write",
    (
        "settlement/storage/migrate.py",
        "_grant",
    ): "the worker's role, quoted by the dialect, and tables of the code",
    ("settlement/storage/migrations/versions/0001_spine.py", "upgrade"): "currencies out of a library",
    ("settlement/storage/sql/read_only.py", "read_only"): "settings out of the code",
    (
        "settlement/storage/work/claims.py",
        "__init__",
    ): "tables, columns and states of the code, when a module is read",
    ("sandbox/demo/stage.py", "refuse_unless_empty"): "one of two tables",
}


def joining(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Functions that join SQL, with the line."""
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            for node in ast.walk(function):
                if any(SQL.search(text) for text in _joined(node)):
                    yield function.name, node.lineno  # type: ignore[attr-defined]


def _joined(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.JoinedStr(values=values):
            yield "".join(str(part.value) for part in values if isinstance(part, ast.Constant))
        case ast.BinOp(op=ast.Add() | ast.Mod(), left=left, right=right):
            yield from (str(side.value) for side in (left, right) if isinstance(side, ast.Constant))
        case ast.Call(
            func=ast.Attribute(value=ast.Constant(value=str(text)), attr="format" | "join" | "replace")
        ):
            yield text
        case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="format" | "replace")) if (
            name.isupper() and name.startswith("_")
        ):
            # A statement of the module, changed where a value could get in.
            yield "SELECT"


def test_no_function_puts_sql_together_but_those_named():
    found = {
        (str(path.relative_to(ROOT)), name): line
        for room in ("settlement", "worker", "tasks", "config", "interfaces", "sandbox")
        for path in (ROOT / room).rglob("*.py")
        if "gatewaysim" not in path.parts  # it has no database
        for name, line in joining(ast.parse(path.read_text("utf-8")))
    }
    assert {place: line for place, line in found.items() if place not in JOINED} == {}
    assert JOINED.keys() - found.keys() == set(), "named, and joins nothing any more"


def test_the_look_sees_what_it_looks_for():
    for text in (
        'def f(x): return f"SELECT {x}"',
        'def f(x): return "DELETE FROM t WHERE id = " + x',
        'def f(x): return "UPDATE t SET a = %s" % x',
        'def f(x): return "SELECT {}".format(x)',
        'def f(x): return _QUERY.replace("$x", x)',
    ):
        assert [name for name, _ in joining(ast.parse(text))] == ["f"], text
    assert list(joining(ast.parse('_Q = f"SELECT {A}"\ndef f(x): return g("SELECT 1", {"x": x})'))) == []

"""Which statements name no account: what would have to ask every server if accounts lay on several. Decision 0099.

An account is named where a parameter says which it is, or which they are. The statements are those that stand ready in
modules. What is made when it is sent writes rows that have their account, or reads a listing for people.
"""

from __future__ import annotations

import importlib
import os
import pkgutil
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from sqlalchemy import Table
from sqlalchemy.sql.elements import TextClause

import settlement.queries
import settlement.storage
from settlement.storage.sql.rows import Statement
from settlement.storage.tables.schema import TABLES

LISTING = Path(__file__).parent / "listings" / "without_an_account.txt"
# Tables whose rows belong to an account each; the rest would lie on one server, or on every one of them.
OF_ACCOUNTS = {"account", "inbox"} | {
    one.name for one in TABLES if {"account_id", "main_id"} & {column.name for column in one.columns}
}
_TABLES = re.compile(r"\b(?:FROM|JOIN|UPDATE|INTO)\s+(?:ONLY\s+)?([a-z_]+)")
_NAMED = re.compile(
    # A column of the account is compared with a parameter, or with many.
    r"\b(?:account_id|main_id|member_id|a\.id|account\.id|external_id|account)\s*(?:=\s*(?:ANY\s*\(\s*CAST\s*\(\s*)?|"
    r"BETWEEN\s+|IN\s*\(\s*SELECT\s+unnest\(CAST\()(?:CAST\s*\(\s*)?:"
    r"|\bFROM account(?: AS)?(?: a)? WHERE id = (?:ANY\s*\(\s*CAST\s*\(\s*)?:"
    # Or it is a column of parameters that is joined.
    r"|\bunnest\((?:CAST\(:\w+ AS (?:[^()]|\([^)]*\))*\),? ?)+\) AS \w+ "
    r"\([^)]*\b(?:account_id|account|name|main|main_id|id)\b"
)


def without_comments(text: str) -> str:
    return " ".join(re.sub(r"--[^\n]*", "", text).split())


def names_no_account(text: str) -> bool:
    tables = set(_TABLES.findall(without_comments(text)))
    return bool(tables & OF_ACCOUNTS) and not _NAMED.search(without_comments(text))


def texts_in(value: Any, depth: int = 0) -> Iterator[str]:
    """Every statement in a value of a module: alone, in a collection, in an object of ours."""
    if isinstance(value, TextClause):
        yield value.text
    elif isinstance(value, Statement):
        yield value.clause.text
    elif isinstance(value, Mapping):
        yield from texts_in(list(value.values()), depth)
    elif isinstance(value, (tuple, list)):
        for one in value:
            yield from texts_in(one, depth)
    elif type(value).__module__.startswith("settlement.") and not isinstance(value, Table) and depth == 0:
        yield from texts_in(list(getattr(value, "__dict__", {}).values()), depth + 1)


def found(package: ModuleType) -> Iterator[tuple[str, str]]:
    """Where each statement of a package stands, with its text."""
    for one in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        if ".migrations" not in one.name and ".tables" not in one.name:
            for name, value in vars(importlib.import_module(one.name)).items():
                for text in texts_in(value):
                    yield f"{one.name.removeprefix('settlement.')} {name}", text


def test_every_statement_that_names_no_account_is_listed() -> None:
    every = [*found(settlement.storage), *found(settlement.queries)]
    assert len(every) > 300
    listed = sorted(
        {
            f"{where}: {', '.join(sorted(OF_ACCOUNTS & set(_TABLES.findall(without_comments(text)))))}"
            for where, text in every
            if names_no_account(text)
        }
    )
    written = "\n".join(listed) + "\n"
    if os.environ.get("WRITE_LISTINGS"):
        LISTING.write_text(written, "utf-8")
    assert LISTING.read_text("utf-8") == written, (
        "WRITE_LISTINGS=1 writes it; decision 0099 speaks of each kind"
    )


@pytest.mark.parametrize(
    ("text", "is_listed"),
    [
        ("SELECT 1 FROM bill WHERE state = 'accruing'", True),
        ("SELECT account_id FROM bill b JOIN account a ON a.id = b.account_id WHERE cycle = :cycle", True),
        ("SELECT 1 FROM bill WHERE account_id = :account_id", False),
        ("SELECT 1 FROM bill WHERE account_id = ANY(CAST(:ids AS bigint[]))", False),
        ("SELECT 1 FROM inbox WHERE id = ANY(CAST(:ids AS bigint[]))", True),
        ("SELECT 1 FROM unnest(CAST(:ids AS bigint[])) AS v (account_id) JOIN bill USING (account_id)", False),
        ("UPDATE bill SET paid = n FROM unnest(CAST(:n AS numeric(9, 2)[]), CAST(:x AS int[])) AS v (n, id)", False),
        ("SELECT 1 FROM run WHERE state = 'running'", False),
        ("UPDATE outbox SET published_at = now() WHERE id = :id", True),
    ],
)  # fmt: skip
def test_the_look_sees_an_account_where_one_is_named(text: str, is_listed: bool) -> None:
    assert names_no_account(text) == is_listed

"""Fixtures of the tests here: two views of a month that a module fills once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from settlement.storage.store import Store
from tests.support.books import Tampered, tampered


@pytest.fixture
def store(month: tuple[str, str]) -> Iterator[Store]:
    """The module's month (URLs as the worker's role and as the owner) as the worker's role sees it."""
    store = Store(month[0])
    yield store
    store.close()


@pytest.fixture
def books(month: tuple[str, str]) -> Iterator[Tampered]:
    """The module's month to plant faults in; they are gone after the test."""
    with tampered(month[1]) as store:
        yield store

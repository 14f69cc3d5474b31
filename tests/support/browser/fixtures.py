"""The browser as a fixture of every test that asks for it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.support.browser.install import find
from tests.support.browser.opened import opened

if TYPE_CHECKING:
    from playwright.sync_api import Browser


# Of a file, since while it is open an event loop runs, in which other files' tests could start none of their own.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser for a file's tests of pages; without one they are skipped, except where CI wants them."""
    found = find()
    if found is None:
        if os.environ.get("CI"):
            pytest.fail("no browser: python tests/support/browser/install.py")
        pytest.skip("no browser: python tests/support/browser/install.py, or SETTLE_BROWSER")
    with opened(found) as it:
        yield it

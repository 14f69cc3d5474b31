"""Waiting ends when what is waited for comes, and says what it means when it does not."""

from __future__ import annotations

import pytest

from chaos.waiting import comes_true, wait_for


def test_it_ends_when_the_condition_holds() -> None:
    seen = iter([False, False, True])
    assert comes_true(lambda: next(seen), within_s=5, every_s=0)
    assert list(seen) == []


def test_what_never_holds_is_tried_once_at_least_and_then_given_up() -> None:
    assert comes_true(lambda: True, within_s=-1)
    assert not comes_true(lambda: False, within_s=0, every_s=0)
    with pytest.raises(RuntimeError, match="nothing moves"):
        wait_for(lambda: False, "nothing moves", within_s=0, every_s=0)

"""Reading ahead: the same batches, one of them read before it is asked for."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from settlement.errors import Refused
from settlement.focus.ahead import read_ahead
from settlement.focus.lines import Batch


def batch(number: int) -> Batch:
    return Batch([], [], number, number, 3)


def test_the_batches_come_in_order() -> None:
    assert [one.rows for one in read_ahead(batch(number) for number in range(3))] == [0, 1, 2]


def test_the_next_batch_is_read_while_one_is_in_hand_and_no_further_one() -> None:
    read: list[int] = []
    second = threading.Event()

    def batches() -> Iterator[Batch]:
        for number in range(3):
            read.append(number)
            if number == 1:
                second.set()
            yield batch(number)

    ahead = read_ahead(batches())
    assert next(ahead).rows == 0
    assert second.wait(10)
    assert read == [0, 1]
    ahead.close()  # type: ignore[attr-defined]
    assert read == [0, 1]


def test_a_file_that_breaks_off_is_refused_after_the_batches_before() -> None:
    def broken() -> Iterator[Batch]:
        yield batch(0)
        raise Refused("parquet_broken", "it breaks off")

    ahead = read_ahead(broken())
    assert next(ahead).rows == 0
    with pytest.raises(Refused, match="it breaks off"):
        next(ahead)

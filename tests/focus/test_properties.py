from __future__ import annotations

import csv
import gzip
import io
import tempfile
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from settlement.errors import Refused
from settlement.focus import read
from settlement.focus.values import MISSING
from tests.focus.exports import HEADER, accepted, csv_text, refused, write
from tests.support.drawn.fuzzing import examples

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r\ufeff"), max_size=12)
WORDS = ANY_TEXT.map(str.strip).filter(lambda text: text not in MISSING and "\ufffd" not in text)
AMOUNTS = st.decimals(min_value=-(10**12), max_value=10**12, places=10)
INSTANTS = st.integers(0, 4 * 10**15).map(lambda micros: EPOCH + timedelta(microseconds=micros))
ROWS = st.lists(
    st.tuples(WORDS, AMOUNTS, st.sampled_from(["USD", "JPY", "KWD"]), INSTANTS, WORDS), max_size=5
)


def written(rows, *, quoting: Any, delimiter: str, line_end: str) -> str:
    text = io.StringIO()
    writer = csv.writer(text, quoting=quoting, delimiter=delimiter, lineterminator=line_end)
    writer.writerow(HEADER)
    writer.writerows(
        [account, amount, unit, at.isoformat(), name] for account, amount, unit, at, name in rows
    )
    return text.getvalue()


@examples(40)
@given(
    rows=ROWS,
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]),
    delimiter=st.sampled_from([",", ";", "\t"]),
    line_end=st.sampled_from(["\n", "\r\n"]),
    packed=st.booleans(),
)
def test_what_is_written_is_read(rows, quoting, delimiter, line_end, packed):
    content = written(rows, quoting=quoting, delimiter=delimiter, line_end=line_end).encode()
    with tempfile.TemporaryDirectory() as folder:
        batches = list(read(write(Path(folder), gzip.compress(content) if packed else content), batch_rows=3))
    assert not refused(batches)
    assert [
        (fee.account, fee.amount, fee.currency, fee.incurred_at, fee.product) for fee in accepted(batches)
    ] == rows


@examples(150)
@given(
    content=st.one_of(
        st.binary(max_size=300), st.text(max_size=300).map(lambda text: text.encode("utf-8", "ignore"))
    )
)
def test_noise_is_refused_and_never_raises_anything_else(content):
    with tempfile.TemporaryDirectory() as folder:
        for prefix in (b"", csv_text().encode(), b"\x1f\x8b\x08\0", b"PAR1"):
            with suppress(Refused):
                for batch in read(write(Path(folder), prefix + content)):
                    assert batch.rows == len(batch.accepted) + len(batch.refused)


@examples(100)
@given(
    cells=st.lists(
        st.one_of(
            st.text(max_size=12),
            st.sampled_from(
                ["A1", "1", "-1e-9", "1e999999", "nan", "USD", "2026-10-01", "0000-00-00", '"', "\n", '""']
            ),
        ),
        max_size=30,
    )
)
def test_rows_of_noise_are_accepted_or_refused_with_a_reason(cells):
    text = csv_text() + ",".join(cells)
    with tempfile.TemporaryDirectory() as folder:
        for batch in read(write(Path(folder), text.encode("utf-8", "ignore"))):
            for fee in batch.accepted:
                assert fee.amount.is_finite()
                assert abs(fee.amount) < Decimal(10) ** 18
            for line in batch.refused:
                assert line.reason
                assert len(line.raw) <= 500
                assert line.line >= 2

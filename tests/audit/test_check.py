"""What the audit reads in the text of an event by itself, without an error that would end it."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import pytest
from sqlalchemy import bindparam, text

from settlement.audit.check import decimal_in, instant_in
from settlement.storage.store import Store


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2028-02-29T12:30:00Z", "2028-02-29T12:30:00+00:00"),
        ("2026-12-31 23:59:59.999999+08:00", "2026-12-31T15:59:59.999999+00:00"),
        ("2026-01-31T00:00-1530", "2026-01-31T15:30:00+00:00"),
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00+00:00"),
        *(
            (wrong, None)
            for wrong in (
                "2027-02-29T00:00:00Z", "2026-04-31T00:00:00Z", "2026-00-10T00:00:00Z", "2026-13-10T00:00:00Z",
                "2026-12-00T00:00:00Z", "2026-12-32T00:00:00Z", "0000-01-01T00:00:00Z", "2026-01-01T24:00:00Z",
                "2026-01-01T00:60:00Z", "2026-01-01T00:00:61Z", "2026-01-01T00:00:00+16:00", "2026-01-01",
                "2026-01-01T00:00:00", "tomorrow", "", None,
            )
        ),
    ],
)  # fmt: skip
def test_an_instant_is_read_and_what_is_none_is_null(
    shared_owner_url: str, written: str | None, meant: str | None
) -> None:
    store = Store(shared_owner_url)
    query = text(f"SELECT {instant_in('written')} FROM (SELECT CAST(:written AS text) AS written) t")
    with store.transaction() as tx:
        found = tx.scalar(query.bindparams(bindparam("written", written)))
    store.close()
    assert found == (meant and datetime.fromisoformat(meant))


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        *((number, number) for number in ("0", "12", "-12", "12.50", "-0.0000000001", ".5", "-.5", "5.", "007")),
        *((wrong, None) for wrong in ("", ".", "-", "-.", "1.2.3", "1e5", "+1", " 1", "1\n", "--1", "NaN", None)),
    ],
)  # fmt: skip
def test_a_decimal_is_read_and_what_is_none_is_null(
    shared_owner_url: str, written: str | None, meant: str | None
) -> None:
    store = Store(shared_owner_url)
    query = text(f"SELECT {decimal_in('written')} FROM (SELECT CAST(:written AS text) AS written) t")
    with store.transaction() as tx:
        found = tx.scalar(query.bindparams(bindparam("written", written)))
    store.close()
    assert found == (meant and Decimal(meant))

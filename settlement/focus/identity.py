"""The identity of a row: 16 bytes by which a row delivered again is known again. Rule: R2.1g.

Billing exports are pictures that are drawn again and again, and providers fill columns in later: the invoice when the
month is final, tags, stamps of the export, columns of their own. None of that makes another fee of a row. So the
identity is made of the columns that say what was charged, and of nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from hashlib import blake2b

from settlement.focus.columns import Columns
from settlement.focus.values import MISSING, Memo, canonical

SIZE = 16
# A second way of making identities must never give one that the first gave.
_VERSION = b"focus-row-2"
_IDENTITY = blake2b(_VERSION, digest_size=SIZE)

RowIdentity = Callable[[str, Decimal, str, datetime, datetime | None, datetime, Sequence[str]], bytes]


def of_id(account: str, value: str) -> bytes:
    """The identity of a row that carries an id of its own: unique within its account."""
    return blake2b(f"{account}\0{value}".encode(), digest_size=SIZE).digest()


def of_row(columns: Columns) -> RowIdentity:
    """A function from what is read of a row, and its cells, to its identity.

    It is made of values, not of how they are written (12.5 is 12.50, an instant is the same in every zone), and of the
    text of `columns.identity`, where a column that is absent and one without a value are the same. No NUL occurs in a
    value, so the joined text can be read in one way only.
    """
    positions = columns.identity
    own = columns.own_identity
    texts: Memo[str] = Memo(_present)
    # Few instants, each of many rows; all are UTC, in which equal ones are written alike.
    written = lru_cache(maxsize=16_384)(datetime.isoformat)

    def identify(
        account: str,
        amount: Decimal,
        currency: str,
        incurred_at: datetime,
        ended_at: datetime | None,
        period: datetime,
        cells: Sequence[str],
    ) -> bytes:
        parts = [
            account, canonical(amount), currency, written(incurred_at),
            "" if ended_at is None else written(ended_at), written(period),
        ]  # fmt: skip
        parts += ["" if at is None else texts[cells[at]] for at in positions]
        for name, at in own:
            if text := texts[cells[at]]:
                parts += (name, text)
        digest = _IDENTITY.copy()
        digest.update("\0".join(parts).encode())
        return digest.digest()

    return identify


def _present(text: str) -> str:
    text = text.strip()
    return "" if text in MISSING else text

"""What the cells of a list of accounts mean: the same as in an export of fees. Rule: R2.1b."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from settlement.errors import Refused

FLAGS = ("credit_control", "auto_write_off", "write_off_past_bills")
AMOUNTS = ("credit_limit", "opening_cash")
_BOOLEANS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
# What is a number to events too stays as it is written, so that a list means the same event when it comes again.
_PLAIN = re.compile(r"[0-9]+(\.[0-9]+)?")


@dataclass(frozen=True, slots=True)
class Cells:
    """The readers of cells, each of which keeps what it has read."""

    account: Callable[[str], str]
    currency: Callable[[str], str]
    optional: Callable[[str], str]
    amounts: Mapping[str, Callable[[str], Decimal]]

    @staticmethod
    def of_accounts(*, decimal_comma: bool) -> Cells:
        """Those of the columns of a list of accounts. With `decimal_comma` amounts are written 1.234,50."""
        from settlement.focus import values

        return Cells(
            values.account_text("account").__getitem__,
            values.currency("currency").__getitem__,
            values.optional_text().__getitem__,
            {name: values.amount(name, decimal_comma=decimal_comma).__getitem__ for name in AMOUNTS},
        )

    def read(self, cells: Mapping[str, str]) -> tuple[str, dict[str, Any]]:
        """The account of a row and the `data` of its event; a cell that is empty, or says so, leaves the default.

        Raises:
            Refused: a cell is none of its column, by the code of the event's door.
        """
        from settlement.focus.values import RowRefused

        try:
            return self.account(cells["account"]), self._data(cells)
        except RowRefused as refusal:
            raise Refused("bad_shape", str(refusal)) from None

    def _data(self, cells: Mapping[str, str]) -> dict[str, Any]:
        data: dict[str, Any] = {"currency": self.currency(cells["currency"])}
        for name, cell in cells.items():
            text = self.optional(cell)
            if "\ufffd" in text:
                raise Refused("bad_encoding", f"{name}: is not UTF-8")
            if name in ("account", "currency") or not text:
                continue
            if name in FLAGS:
                if text.lower() not in _BOOLEANS:
                    raise Refused("bad_shape", f"{name}: must be true or false, not {text!r}")
                data[name] = _BOOLEANS[text.lower()]
            elif name in AMOUNTS:
                value = self.amounts[name](text)
                data[name] = text if _PLAIN.fullmatch(text) else f"{value:f}"
            else:
                data[name] = text
        return data

"""Events about accounts: opened, given new values."""

from __future__ import annotations

from typing import Literal

from settlement.errors import Refused
from settlement.events.inbound.fields import (
    AmountOrZero,
    Currency,
    Data,
    EventData,
    Name,
    NameOrNone,
    Revision,
    amount_or_zero,
)
from settlement.model.commands.accounts import AccountChanged, AccountOpened
from settlement.model.commands.command import EventHead


class AccountOpenedData(EventData):
    """An account, with cash brought along from elsewhere."""

    TYPE = "account_opened"
    EXAMPLE = '{"currency": "USD", "name": "Seven Ltd", "credit_control": true, "credit_limit": "1000.00"}'

    currency: Currency
    name: NameOrNone = ""
    credit_control: bool = False
    credit_limit: AmountOrZero = "0"
    auto_write_off: bool = True
    write_off_past_bills: bool = False
    opening_cash: AmountOrZero = "0"

    def command(self, head: EventHead) -> AccountOpened:
        return AccountOpened(
            head, self.currency, self.name, self.credit_control, amount_or_zero(self.credit_limit, self.currency),
            self.auto_write_off, self.write_off_past_bills, amount_or_zero(self.opening_cash, self.currency),
        )  # fmt: skip


class HoldData(Data):
    """One hold on automatic write-off, named by its reason and a reference."""

    reason: Name
    ref: NameOrNone = ""


class AccountChangedData(EventData):
    """New values; what is absent stays. `currency` is needed beside an amount. `low_credit_line` has available credit
    watched against that amount, `low_credit_watch: false` ends it. Then the write-off.
    """

    TYPE = "account_changed"
    EXAMPLE = (
        '{"currency": "USD", "credit_limit": "2500.00", "hold": {"reason": "dispute", "ref": "case-12"}}'
    )

    currency: Currency | None = None
    auto_write_off: bool | None = None
    write_off_past_bills: bool | None = None
    credit_control: bool | None = None
    credit_limit: AmountOrZero | None = None
    frozen_amount: AmountOrZero | None = None
    low_credit_line: AmountOrZero | None = None
    low_credit_watch: Literal[False] | None = None
    hold: HoldData | None = None
    release: HoldData | None = None
    if_revision: Revision | None = None

    def command(self, head: EventHead) -> AccountChanged:
        if self.low_credit_watch is not None and self.low_credit_line is not None:
            raise Refused(
                "bad_shape", "data.low_credit_watch: false ends the watch that low_credit_line would set"
            )
        return AccountChanged(
            head, self.currency, self.auto_write_off, self.write_off_past_bills, self.credit_control,
            self._minor("credit_limit"), self._minor("frozen_amount"), self._minor("low_credit_line"),
            self.low_credit_watch is False, _named(self.hold), _named(self.release),
            self.if_revision,
        )  # fmt: skip

    def _minor(self, name: str) -> int | None:
        text = getattr(self, name)
        if text is None:
            return None
        if self.currency is None:
            raise Refused("bad_shape", f"data.currency: needed beside {name}")
        return amount_or_zero(text, self.currency)


def _named(hold: HoldData | None) -> tuple[str, str] | None:
    return None if hold is None else (hold.reason, hold.ref)


EVENTS = (AccountOpenedData, AccountChangedData)

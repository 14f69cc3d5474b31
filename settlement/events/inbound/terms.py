"""Events about payment terms."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from settlement.events.inbound.fields import CycleText, EventData
from settlement.model.commands.command import EventHead
from settlement.model.commands.terms import TermAgreed
from settlement.model.cycle import parse_cycle

Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}(-[A-Z0-9]{1,3})?$")]
Day = Annotated[date, Field(strict=False)]


class TermAgreedData(EventData):
    """A contract period: bills of cycles from `from_cycle` on fall due by it, on an account on credit control. A term
    with the same `from_cycle` takes the place of the one before. Bills that are issued keep theirs. The period counts
    from the day on which the settlement cycle's last bill is issued; quarters are those of the calendar.
    """

    TYPE = "payment_term_agreed"
    EXAMPLE = (
        '{"from_cycle": "2026-11", "settlement_cycle": "monthly", "period_days": 10, '
        '"day_kind": "business", "country": "CN", "closing_days": ["2026-12-31"]}'
    )

    from_cycle: CycleText
    period_days: Annotated[int, Field(ge=0, le=365, description="0 to 365")]
    until_cycle: CycleText | None = None
    settlement_cycle: Literal["monthly", "quarterly"] = "monthly"
    day_kind: Literal["calendar", "business"] = "calendar"
    country: Annotated[
        Country | None, Field(description="ISO 3166-1, like `DE` or `DE-BY`; needed for business days")
    ] = None
    closing_days: Annotated[
        tuple[Day, ...],
        Field(
            max_length=1000, strict=False,
            description="up to 1,000 dates on which this customer does not work either",
        ),
    ] = ()  # fmt: skip

    def command(self, head: EventHead) -> TermAgreed:
        until = None if self.until_cycle is None else parse_cycle(self.until_cycle)
        return TermAgreed(
            head, parse_cycle(self.from_cycle), until, self.settlement_cycle, self.period_days, self.day_kind,
            self.country, frozenset(self.closing_days),
        )  # fmt: skip


EVENTS = (TermAgreedData,)

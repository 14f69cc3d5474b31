"""The announcements this system makes: the published contract, version 1. One shape per topic. Rule: R11.1.

They are delivered at least once and in the order of the outbox; a consumer tells repeats by the entry's `id`.
Amounts are decimal strings in the currency's major unit.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, StringConstraints

DecimalText = Annotated[str, StringConstraints(pattern=r"^\d+(\.\d+)?$")]
CycleText = Annotated[str, StringConstraints(pattern=r"^\d{4}-\d{2}$")]


class _Payload(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class BillFacts(_Payload):
    """A bill as it stood right after what is announced: payable = paid + outstanding."""

    account: str
    cycle: CycleText
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
    state: Literal["unsettled", "settled"]
    payable: DecimalText
    paid: DecimalText
    outstanding: DecimalText


class ParkedFacts(_Payload):
    """An account that was set aside because its figures do not add up."""

    account: str
    reason: str


TOPICS: dict[str, type[BillFacts | ParkedFacts]] = {
    "bill.issued": BillFacts,
    "bill.paid_in_part": BillFacts,
    "bill.settled": BillFacts,
    "account.parked": ParkedFacts,
}


def read_announcement(topic: str, payload: str) -> BillFacts | ParkedFacts:
    """An announcement from its topic and JSON text, for consumers written in Python.

    Raises:
        KeyError: the topic is not one of `TOPICS`.
        pydantic.ValidationError: the payload has another shape.
    """
    return TOPICS[topic].model_validate_json(payload)

"""A gateway in memory that keeps books: what it was asked, what it took, and whatever it is told to answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from settlement.model.charge import (
    Authorized,
    ChargeOutcome,
    GatewayCharge,
    GatewayHint,
    GatewayRequest,
    NotFound,
    Succeeded,
    Unknown,
)


class FakeGateway:
    """Takes everything unless `answers` holds something else for the next calls of `charge`.

    `loses` next answers: the charge happens and the caller hears `Unknown`.
    """

    name = "sandbox"
    key_lives_for = timedelta(hours=20)
    search_lags_by = timedelta(minutes=10)
    keeps_books = True

    def __init__(self) -> None:
        self.books: dict[str, Succeeded] = {}
        self.answers: list[ChargeOutcome] = []
        self.asked: list[GatewayRequest] = []
        self.looked_up: list[str] = []
        self.loses = 0
        self.voided: list[str] = []

    def charge(self, request: GatewayRequest) -> ChargeOutcome:
        self.asked.append(request)
        if request.reference not in self.books:
            if self.answers:
                return self.answers.pop(0)
            self.books[request.reference] = Succeeded(f"g-{len(self.books) + 1}", request.amount_minor)
        if self.loses:
            self.loses -= 1
            return Unknown("no answer")
        return self.books[request.reference]

    def authorize(self, request: GatewayRequest) -> ChargeOutcome:
        self.asked.append(request)
        return self.answers.pop(0) if self.answers else Authorized(f"auth-{request.reference}")

    def find(self, request: GatewayRequest) -> ChargeOutcome:
        self.looked_up.append(request.reference)
        return self.books.get(request.reference, NotFound())

    def read(self, gateway_ref: str) -> ChargeOutcome:
        self.looked_up.append(gateway_ref)
        if self.answers:
            return self.answers.pop(0)
        return next((taken for taken in self.books.values() if taken.gateway_ref == gateway_ref), NotFound())

    def void(self, request: GatewayRequest, gateway_ref: str) -> bool:
        self.voided.append(gateway_ref)
        return True

    def charges_between(self, since: datetime, until: datetime) -> Iterator[GatewayCharge]:
        for reference, taken in self.books.items():
            yield GatewayCharge(taken.gateway_ref, reference, taken.amount_minor, "USD", since)

    def hint(self, headers: Mapping[str, str], body: bytes, *, at: datetime) -> GatewayHint:
        raise NotImplementedError

    def taken_minor(self) -> list[int]:
        """The amounts of everything it took, in order."""
        return [taken.amount_minor for taken in self.books.values()]

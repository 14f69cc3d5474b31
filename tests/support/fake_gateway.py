"""A gateway in memory that keeps books: what it was asked, what it took, and whatever it is told to answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from settlement.model.gateway.charges import (
    Authorized,
    ChargeOutcome,
    GatewayCharge,
    GatewayRequest,
    NotFound,
    Notification,
    Succeeded,
    TryLater,
    Unknown,
)
from settlement.model.gateway.refund_calls import (
    GivenBackAlready,
    Refunded,
    RefundFailed,
    RefundOutcome,
    RefundPending,
    RefundRequest,
)
from settlement.model.gateway.reversals import Funds, Reversal, ReversalsOutcome, ReversalState


class FakeGateway:
    """Takes everything unless `answers` holds something else for the next calls of `charge`.

    `loses` next answers: the charge happens and the caller hears `Unknown`. `loses_holds` is the same for holds; a
    search shows those only while `shows_holds`. Refunds go by `refund_answers` and `loses_refunds`; what is
    `RefundPending` is kept as such until `end_refund` says how it ended. Whoever has its dashboard refunds and disputes
    charges by `refund_there` and `dispute`; it lists those and what it was asked to give back; of one charge, whatever
    `reversals_answer` holds instead.
    """

    name = "sandbox"
    key_lives_for = timedelta(hours=20)
    search_lags_by = timedelta(minutes=10)
    keeps_books = True
    holds_lapse_after = timedelta(days=31)
    # What its ids of charges begin with: those of two gateways in one world have to differ.
    ids = "g"

    def __init__(self) -> None:
        self.books: dict[str, Succeeded] = {}
        self.answers: list[ChargeOutcome] = []
        self.asked: list[GatewayRequest] = []
        self.looked_up: list[str] = []
        self.holds: dict[str, Authorized] = {}
        self.loses = 0
        self.loses_holds = 0
        self.shows_holds = True
        self.voided: list[str] = []
        self.refunds: dict[str, RefundOutcome] = {}
        self.refund_answers: list[RefundOutcome] = []
        self.refunds_asked: list[RefundRequest] = []
        self.loses_refunds = 0
        self.ended: dict[str, RefundOutcome] = {}
        self.reversals: dict[str, Reversal] = {}
        self.reversals_answer: ReversalsOutcome | None = None

    def charge(self, request: GatewayRequest) -> ChargeOutcome:
        self.asked.append(request)
        if request.reference not in self.books:
            if self.answers:
                return self.answers.pop(0)
            self.books[request.reference] = Succeeded(
                f"{self.ids}-{len(self.books) + 1}", request.amount_minor
            )
        if self.loses:
            self.loses -= 1
            return Unknown("no answer")
        return self.books[request.reference]

    def authorize(self, request: GatewayRequest) -> ChargeOutcome:
        self.asked.append(request)
        if self.answers:
            return self.answers.pop(0)
        held = self.holds.setdefault(request.reference, Authorized(f"auth-{request.reference}"))
        if self.loses_holds:
            self.loses_holds -= 1
            return Unknown("no answer")
        return held

    def find(self, request: GatewayRequest) -> ChargeOutcome:
        self.looked_up.append(request.reference)
        held = self.holds.get(request.reference, NotFound()) if self.shows_holds else NotFound()
        return self.books.get(request.reference, held)

    def capture_confirmed(self, gateway_ref: str, reference: str) -> ChargeOutcome:
        return self.read(gateway_ref, reference)

    def read(self, gateway_ref: str, reference: str) -> ChargeOutcome:
        self.looked_up.append(gateway_ref)
        if self.answers:
            return self.answers.pop(0)
        taken = self.books.get(reference)
        return taken if taken is not None and taken.gateway_ref == gateway_ref else NotFound()

    def void(self, request: GatewayRequest, gateway_ref: str) -> bool:
        self.voided.append(gateway_ref)
        self.holds.pop(request.reference, None)
        return True

    def refund(self, request: RefundRequest) -> RefundOutcome:
        self.refunds_asked.append(request)
        if request.reference not in self.refunds:
            said = self.refund_answers.pop(0) if self.refund_answers else self._give_back(request)
            if isinstance(said, (Unknown, TryLater, NotFound)):
                return said
            self.refunds[request.reference] = said
        if self.loses_refunds:
            self.loses_refunds -= 1
            return Unknown("no answer")
        return self.refunds[request.reference]

    def _give_back(self, request: RefundRequest) -> RefundOutcome:
        given_back = sum(
            asked.amount_minor
            for asked in {asked.reference: asked for asked in self.refunds_asked}.values()
            if asked.charge_ref == request.charge_ref
            and isinstance(self.refunds.get(asked.reference), (Refunded, RefundPending))
        )
        taken = sum(
            charge.amount_minor for charge in self.books.values() if charge.gateway_ref == request.charge_ref
        )
        gone = sum(
            one.amount_minor
            for one in self.reversals.values()
            if one.charge_ref == request.charge_ref and one.funds == "withdrawn"
        )
        if gone and gone + given_back + request.amount_minor > taken:
            return GivenBackAlready("charge_already_refunded", f"{taken - gone - given_back} are left of it")
        if given_back + request.amount_minor > taken:
            return RefundFailed("refund_exceeds_charge", f"{taken - given_back} are left of it")
        return Refunded(f"r-{len(self.refunds) + 1}", request.amount_minor)

    def find_refund(self, request: RefundRequest) -> RefundOutcome:
        self.looked_up.append(request.reference)
        return self.refunds.get(request.reference, NotFound())

    def read_refund(self, gateway_ref: str) -> RefundOutcome:
        self.looked_up.append(gateway_ref)
        if gateway_ref in self.ended:
            return self.ended[gateway_ref]
        known = (found for found in self.refunds.values() if isinstance(found, (Refunded, RefundPending)))
        return next((found for found in known if found.gateway_ref == gateway_ref), NotFound())

    def end_refund(self, gateway_ref: str, outcome: RefundOutcome) -> None:
        """What a refund turns out to be when it is asked about from now on, also one that was given back."""
        self.ended[gateway_ref] = outcome
        for reference, known in self.refunds.items():
            if isinstance(known, (Refunded, RefundPending)) and known.gateway_ref == gateway_ref:
                self.refunds[reference] = outcome

    def charges_between(self, since: datetime, until: datetime) -> Iterator[GatewayCharge]:
        for reference, taken in self.books.items():
            yield GatewayCharge(taken.gateway_ref, reference, taken.amount_minor, "USD", since)

    def refund_there(
        self,
        charge: str,
        amount_minor: int,
        state: ReversalState = "succeeded",
        *,
        at: datetime | None = None,
    ) -> Reversal:
        """Somebody gives back a part of a charge, named by our reference or the gateway's, at the dashboard."""
        moved: dict[str, Funds] = {"succeeded": "withdrawn", "failed": "returned"}
        funds = moved.get(state, "untouched")
        return self._reverse("refund", charge, amount_minor, state, funds, at, "requested_by_customer")

    def dispute(
        self,
        charge: str,
        amount_minor: int,
        state: ReversalState = "needs_response",
        funds: Funds = "withdrawn",
        *,
        at: datetime | None = None,
    ) -> Reversal:
        """The payer disputes a charge, at first with the money gone."""
        return self._reverse("dispute", charge, amount_minor, state, funds, at, "fraudulent")

    def change(self, gateway_ref: str, **changes: Any) -> Reversal:
        """What became of a refund or dispute: `change("d-1", state="won", funds="returned")`."""
        self.reversals[gateway_ref] = self.reversals[gateway_ref]._replace(**changes)
        return self.reversals[gateway_ref]

    def _reverse(self, kind, charge, amount_minor, state, funds, at, reason) -> Reversal:
        reference, taken = next(
            (known, taken) for known, taken in self.books.items() if charge in (known, taken.gateway_ref)
        )
        at = at or datetime.now(UTC)
        made = Reversal(
            kind, self.name, f"{kind[0]}-there-{len(self.reversals) + 1}", taken.gateway_ref, reference, None,
            amount_minor, "USD", state, funds, at, None if funds == "untouched" else at, reason,
        )  # fmt: skip
        self.reversals[made.gateway_ref] = made
        return made

    def _all_reversals(self, since: datetime) -> Iterator[Reversal]:
        yield from self.reversals.values()
        charges = {taken.gateway_ref: reference for reference, taken in self.books.items()}
        for asked in {asked.reference: asked for asked in self.refunds_asked}.values():
            given = self.refunds.get(asked.reference)
            if isinstance(given, (Refunded, RefundPending)):
                made = isinstance(given, Refunded)
                yield Reversal(
                    "refund", self.name, given.gateway_ref, asked.charge_ref, charges.get(asked.charge_ref),
                    asked.reference, asked.amount_minor, asked.currency, "succeeded" if made else "pending",
                    "withdrawn" if made else "untouched", since, since if made else None, "",
                )  # fmt: skip

    def reversals_between(self, since: datetime, until: datetime) -> Iterator[Reversal]:
        """All of them: when they were made is not looked at."""
        return self._all_reversals(since)

    def reversals_of(self, charge_ref: str) -> ReversalsOutcome:
        self.looked_up.append(charge_ref)
        if self.reversals_answer is not None:
            return self.reversals_answer
        found = self._all_reversals(datetime.now(UTC))
        return [each for each in found if each.charge_ref == charge_ref]

    def notification(self, headers: Mapping[str, str], body: bytes, *, at: datetime) -> Notification:
        raise NotImplementedError

    def taken_minor(self) -> list[int]:
        """The amounts of everything it took, in order."""
        return [taken.amount_minor for taken in self.books.values()]

    def given_back_minor(self) -> list[int]:
        """The amounts of everything it gave back, in order."""
        return [given.amount_minor for given in self.refunds.values() if isinstance(given, Refunded)]

"""A gateway that moves no money: the outcome follows from the token, in every process the same. Rule: R5.5.

Tokens begin with what they do: `ok` is charged, `declined` is declined for want of funds, `stolen` for good, `action`
waits for its payer for ever, `lost` is charged but the first answer does not arrive. It keeps no books, so there is
nothing to reconcile with; `settle gatewaysim` is the stand-in that does.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from settlement.errors import Refused
from settlement.model.charge import (
    Authorized,
    ChargeOutcome,
    Declined,
    GatewayCharge,
    GatewayHint,
    GatewayRequest,
    NotFound,
    RequiresAction,
    Succeeded,
    Unknown,
)

_PREFIX, _ACTION = "sandbox_", "action_"


class SandboxGateway:
    """Deterministic over processes, since it remembers nothing: what it did is in its ids."""

    name = "sandbox"
    key_lives_for = timedelta(hours=20)
    search_lags_by = timedelta(0)
    keeps_books = False

    def charge(self, request: GatewayRequest) -> ChargeOutcome:
        """What the token says; a `lost` one answers when it is looked for."""
        if request.method_token.startswith("lost"):
            return Unknown("the answer was lost on its way")
        return self.find(request)

    def authorize(self, request: GatewayRequest) -> ChargeOutcome:
        """The same, holding the amount instead of taking it."""
        outcome = self.find(request)
        return Authorized(outcome.gateway_ref) if isinstance(outcome, Succeeded) else outcome

    def find(self, request: GatewayRequest) -> ChargeOutcome:
        """What became of it, which the token and the reference say."""
        ref = f"{_PREFIX}{request.reference}_{request.amount_minor}"
        if request.method_token.startswith("declined"):
            return Declined("insufficient_funds", "the sandbox declines this token", hard=False)
        if request.method_token.startswith("stolen"):
            return Declined("stolen_card", "the sandbox declines this token for good", hard=True)
        if request.method_token.startswith("action"):
            return RequiresAction(f"{_PREFIX}{_ACTION}{request.reference}", None)
        return Succeeded(ref, request.amount_minor)

    def read(self, gateway_ref: str) -> ChargeOutcome:
        """What the id says; nobody confirms here."""
        what = gateway_ref.removeprefix(_PREFIX)
        if what.startswith(_ACTION):
            return RequiresAction(gateway_ref, None)
        amount = what.rpartition("_")[2]
        return Succeeded(gateway_ref, int(amount)) if amount.isdigit() else NotFound()

    def void(self, request: GatewayRequest, gateway_ref: str) -> bool:
        """Nothing is held, so it is gone."""
        return True

    def charges_between(self, since: datetime, until: datetime) -> Iterator[GatewayCharge]:
        """Nothing: it keeps no books."""
        return iter(())

    def hint(self, headers: Mapping[str, str], body: bytes, *, at: datetime) -> GatewayHint:
        """It sends no webhooks.

        Raises:
            Refused: `bad_signature`, always.
        """
        raise Refused("bad_signature", "the sandbox sends no webhooks")

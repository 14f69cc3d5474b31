"""A gateway that moves no money: the outcome follows from the token, in every process the same. Rule: R5.5.

Tokens begin with what they do: `ok` is charged, `declined` is declined for want of funds, `stolen` for good, `action`
waits for its payer for ever, `lost` is charged but the first response is lost. What was charged can be given back
whole or in parts; by `norefund` it cannot, by `slowrefund` it is under way until it is looked at again, by `lostrefund`
it is given back but the first response does not arrive. It keeps no books, so there is nothing to reconcile with and it
does not see one charge given back twice; `settle gatewaysim` is the stand-in that does.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from settlement.errors import Refused
from settlement.model.gateway.charges import (
    Authorized,
    ChargeOutcome,
    Declined,
    GatewayCharge,
    GatewayRequest,
    NotFound,
    Notification,
    RequiresAction,
    Succeeded,
    Unknown,
)
from settlement.model.gateway.refund_calls import (
    Refunded,
    RefundFailed,
    RefundOutcome,
    RefundPending,
    RefundRequest,
)
from settlement.model.gateway.reversals import Reversal, ReversalsOutcome
from settlement.model.gateway.unreadable import Unreadable

_PREFIX, _ACTION, _REFUND = "sandbox_", "action_", "refund_"
# A charge's id carries what its token said about giving it back.
_GIVING_BACK = ("norefund", "slowrefund", "lostrefund")


class SandboxGateway:
    """Deterministic over processes, since it remembers nothing: what it did is in its ids."""

    name = "sandbox"
    key_lives_for = timedelta(hours=20)
    search_lags_by = timedelta(0)
    holds_lapse_after = timedelta(0)
    keeps_books = False

    def charge(self, request: GatewayRequest) -> ChargeOutcome:
        """What the token says; a `lost` one answers when it is looked for."""
        if request.method_token.startswith("lost") and not request.method_token.startswith(_GIVING_BACK):
            return Unknown("the response was lost on its way")
        return self.find(request)

    def authorize(self, request: GatewayRequest) -> ChargeOutcome:
        """The same, holding the amount instead of taking it."""
        outcome = self.find(request)
        return Authorized(outcome.gateway_ref) if isinstance(outcome, Succeeded) else outcome

    def find(self, request: GatewayRequest) -> ChargeOutcome:
        """What became of it, which the token and the reference say."""
        marker = next((f"{token}_" for token in _GIVING_BACK if request.method_token.startswith(token)), "")
        ref = f"{_PREFIX}{marker}{request.reference}_{request.amount_minor}"
        if request.method_token.startswith("declined"):
            return Declined("insufficient_funds", "the sandbox declines this token", final=False)
        if request.method_token.startswith("stolen"):
            return Declined("stolen_card", "the sandbox declines this token for good", final=True)
        if request.method_token.startswith("action"):
            return RequiresAction(f"{_PREFIX}{_ACTION}{request.reference}", None)
        return Succeeded(ref, request.amount_minor)

    def read(self, gateway_ref: str, reference: str) -> ChargeOutcome:
        """What the id says, which carries the reference; nobody confirms here."""
        return self._read(gateway_ref) if reference in gateway_ref else NotFound()

    def _read(self, gateway_ref: str) -> ChargeOutcome:
        what = gateway_ref.removeprefix(_PREFIX)
        if what.startswith(_ACTION):
            return RequiresAction(gateway_ref, None)
        if what.startswith(_REFUND):
            return NotFound()
        amount = what.rpartition("_")[2]
        return Succeeded(gateway_ref, int(amount)) if amount.isdigit() else NotFound()

    def capture_confirmed(self, gateway_ref: str, reference: str) -> ChargeOutcome:
        """Nobody confirms here."""
        return self.read(gateway_ref, reference)

    def void(self, request: GatewayRequest, gateway_ref: str) -> bool:
        """Nothing is held, so it is gone."""
        return True

    def refund(self, request: RefundRequest) -> RefundOutcome:
        """What the charge's token says; more than was charged is refused."""
        if request.charge_ref.startswith(f"{_PREFIX}lostrefund"):
            return Unknown("the response was lost on its way")
        return self.find_refund(request)

    def find_refund(self, request: RefundRequest) -> RefundOutcome:
        """What became of it, which the charge's id and the reference say."""
        charged = self._read(request.charge_ref)
        if not isinstance(charged, Succeeded):
            return RefundFailed("charge_not_found", "the sandbox took nothing under this id")
        if request.amount_minor > charged.amount_minor:
            return RefundFailed("refund_exceeds_charge", f"only {charged.amount_minor} were charged")
        if request.charge_ref.startswith(f"{_PREFIX}norefund"):
            return RefundFailed("refund_not_possible", "the sandbox gives nothing back to this token")
        ref = f"{_PREFIX}{_REFUND}{request.reference}_{request.amount_minor}"
        if request.charge_ref.startswith(f"{_PREFIX}slowrefund"):
            return RefundPending(ref)
        return Refunded(ref, request.amount_minor)

    def read_refund(self, gateway_ref: str) -> RefundOutcome:
        """What the id says. By the time anybody looks, it has been given back."""
        what = gateway_ref.removeprefix(_PREFIX)
        amount = what.rpartition("_")[2]
        if not what.startswith(_REFUND) or not amount.isdigit():
            return NotFound()
        return Refunded(gateway_ref, int(amount))

    def charges_between(self, since: datetime, until: datetime) -> Iterator[GatewayCharge | Unreadable]:
        """Nothing: it keeps no books."""
        return iter(())

    def reversals_between(self, since: datetime, until: datetime) -> Iterator[Reversal | Unreadable]:
        """None: nobody has a dashboard here."""
        return iter(())

    def reversals_of(self, charge_ref: str) -> ReversalsOutcome:
        """None, as above."""
        return []

    def notification(self, headers: Mapping[str, str], body: bytes, *, at: datetime) -> Notification:
        """It sends no webhooks.

        Raises:
            Refused: `bad_signature`, always.
        """
        raise Refused("bad_signature", "the sandbox sends no webhooks")

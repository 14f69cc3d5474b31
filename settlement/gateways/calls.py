"""A gateway in the hands of one call: every text that comes back is cleaned, and the calls are counted. Rule: R5.5e."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from typing import Any, TypeVar

from settlement.gateways.port import Gateway
from settlement.model.gateway.charges import ChargeOutcome, GatewayRequest
from settlement.model.gateway.refund_calls import RefundOutcome, RefundRequest
from settlement.model.gateway.reversals import ReversalsOutcome

T = TypeVar("T")
# Characters of a text by what it is; of anything else, `_LONGEST`. An id must fit an index.
_LONGEST_OF = {"code": 100, "gateway_ref": 255, "charge_ref": 255, "url": 2000}
_LONGEST = 500
# Control characters, those that turn the direction of what follows, halves of a pair, and what means nothing.
_UNPRINTABLE = frozenset(("Cc", "Cf", "Cs", "Cn", "Zl", "Zp"))


def plain_text(text: str, longest: int = _LONGEST) -> str:
    """The text without what a database, a terminal or a log cannot keep, cut to `longest` characters."""
    kept = text[: longest + 1000]
    return "".join(" " if unicodedata.category(char) in _UNPRINTABLE else char for char in kept)[:longest]


def cleaned(outcome: T) -> T:
    """The outcome, or each of several, with all its texts plain. What it says about money stays as it is."""
    if isinstance(outcome, list):
        return type(outcome)(map(cleaned, outcome))
    if not isinstance(outcome, tuple):
        return outcome
    named: Any = outcome
    texts = {
        name: plain_text(value, _LONGEST_OF.get(name, _LONGEST))
        for name, value in named._asdict().items()
        if isinstance(value, str)
    }
    return named._replace(**texts)  # type: ignore[no-any-return]


class Metered:
    """The port's calls, each counted and its outcome cleaned. For one thread."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self.key_lives_for = gateway.key_lives_for
        self.search_lags_by = gateway.search_lags_by
        self.holds_lapse_after = gateway.holds_lapse_after
        self.calls = 0

    def _made(self, call: Callable[..., T], *given: object) -> T:
        self.calls += 1
        return cleaned(call(*given))

    def charge(self, request: GatewayRequest) -> ChargeOutcome:
        """As the gateway does."""
        return self._made(self._gateway.charge, request)

    def authorize(self, request: GatewayRequest) -> ChargeOutcome:
        """As the gateway does."""
        return self._made(self._gateway.authorize, request)

    def find(self, request: GatewayRequest) -> ChargeOutcome:
        """As the gateway does."""
        return self._made(self._gateway.find, request)

    def read(self, gateway_ref: str, reference: str) -> ChargeOutcome:
        """As the gateway does."""
        return self._made(self._gateway.read, gateway_ref, reference)

    def capture_confirmed(self, gateway_ref: str, reference: str) -> ChargeOutcome:
        """As the gateway does."""
        return self._made(self._gateway.capture_confirmed, gateway_ref, reference)

    def void(self, request: GatewayRequest, gateway_ref: str) -> bool:
        """As the gateway does."""
        return self._made(self._gateway.void, request, gateway_ref)

    def refund(self, request: RefundRequest) -> RefundOutcome:
        """As the gateway does."""
        return self._made(self._gateway.refund, request)

    def find_refund(self, request: RefundRequest) -> RefundOutcome:
        """As the gateway does."""
        return self._made(self._gateway.find_refund, request)

    def reversals_of(self, charge_ref: str) -> ReversalsOutcome:
        """As the gateway does."""
        return self._made(self._gateway.reversals_of, charge_ref)

    def read_refund(self, gateway_ref: str) -> RefundOutcome:
        """As the gateway does."""
        return self._made(self._gateway.read_refund, gateway_ref)

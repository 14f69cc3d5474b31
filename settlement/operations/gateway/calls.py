"""Calls to a gateway side by side, each in a thread of its own: the time goes into waiting. And how many there were."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from settlement.gateways.port import Gateway
from settlement.model.gateway.charges import ChargeOutcome, GatewayRequest
from settlement.model.gateway.refund_calls import RefundOutcome, RefundRequest

Asked = TypeVar("Asked")
Answered = TypeVar("Answered")


def call_each(items: Sequence[Asked], call: Callable[[Asked], Answered]) -> list[tuple[Asked, Answered]]:
    """Every item with its answer, in order. What `call` raises is raised here, after all calls have ended."""
    if not items:
        return []
    with ThreadPoolExecutor(max_workers=len(items), thread_name_prefix="gateway") as pool:
        return list(zip(items, pool.map(call, items), strict=True))


class Counted:
    """A gateway in the hands of one thread, with the number of calls that were made to it."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self.key_lives_for = gateway.key_lives_for
        self.search_lags_by = gateway.search_lags_by
        self.calls = 0

    def charge(self, request: GatewayRequest) -> ChargeOutcome:
        """As the gateway does."""
        self.calls += 1
        return self._gateway.charge(request)

    def find(self, request: GatewayRequest) -> ChargeOutcome:
        """As the gateway does."""
        self.calls += 1
        return self._gateway.find(request)

    def read(self, gateway_ref: str) -> ChargeOutcome:
        """As the gateway does."""
        self.calls += 1
        return self._gateway.read(gateway_ref)

    def take_confirmed(self, gateway_ref: str) -> ChargeOutcome:
        """As the gateway does."""
        self.calls += 1
        return self._gateway.take_confirmed(gateway_ref)

    def void(self, request: GatewayRequest, gateway_ref: str) -> bool:
        """As the gateway does."""
        self.calls += 1
        return self._gateway.void(request, gateway_ref)

    def refund(self, request: RefundRequest) -> RefundOutcome:
        """As the gateway does."""
        self.calls += 1
        return self._gateway.refund(request)

    def find_refund(self, request: RefundRequest) -> RefundOutcome:
        """As the gateway does."""
        self.calls += 1
        return self._gateway.find_refund(request)

    def read_refund(self, gateway_ref: str) -> RefundOutcome:
        """As the gateway does."""
        self.calls += 1
        return self._gateway.read_refund(gateway_ref)

"""Collection in the demonstration: threshold, lost response, decline and retry, PayPal, month-end sweep."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Any

from interfaces.cli.render.progress import Meter, Reading
from interfaces.fields.values import local
from sandbox.demo import figures
from sandbox.demo.cast import Event, event
from sandbox.demo.figures import ChargeFigures
from sandbox.demo.stage import Stage
from sandbox.demo.steps import must, watch
from sandbox.local.stand_in import GatewayStandIn
from settlement.model.money import money_text
from worker.nudges import nudge
from worker.runtime import Runtime

CURRENCY = "USD"
THRESHOLD, LOST, DECLINED, SWEPT, PAYPAL = (
    "shop-threshold", "shop-lost-answer", "shop-declined", "shop-month-end", "shop-paypal",
)  # fmt: skip
CUSTOMERS = (THRESHOLD, LOST, DECLINED, SWEPT, PAYPAL)
# Fees until the 20th, minor units. The threshold of a card is 1,000.00; this PayPal account's is 200.00.
FEES_MINOR = {THRESHOLD: 124_000, LOST: 200_050, DECLINED: 110_075, SWEPT: 32_050, PAYPAL: 25_000}
DECLINES_ONCE = "pm_card_visa_declines_once"
RETRIED_AFTER = timedelta(days=7, minutes=1)
INQUIRED_AFTER = timedelta(minutes=3)


@dataclass(slots=True)
class Collection:
    """The customers with a payment method, and what the workers do to them. `send` waits until events are handled."""

    stage: Stage
    runtime: Runtime
    gateway: GatewayStandIn
    send: Callable[[Meter, list[Event]], None]
    set_clock: Callable[[datetime], None]
    sentences: list[str] = field(default_factory=list)

    def play(self, meter: Meter) -> Sequence[str]:
        """From the 20th to the end of the month."""
        self.send(meter, _customers())
        self._threshold(meter)
        self._decline(meter)
        self._lost_response(meter)
        self._paypal(meter)
        self._retry(meter)
        self._sweep(meter)
        return [*self.sentences, self._gateways_own_books()]

    def _threshold(self, meter: Meter) -> None:
        self.send(meter, [_fees(THRESHOLD, self._at()), _fees(SWEPT, self._at())])
        charge = self._until(meter, THRESHOLD, "succeeded")
        self._report(f"{charge.account} reached the threshold of its card: {_money(charge)} deducted at once")

    def _decline(self, meter: Meter) -> None:
        self.gateway.control("tokens", **{DECLINES_ONCE: ["declined:insufficient_funds", "ok"]})
        self.send(meter, [_fees(DECLINED, self._at())])
        charge = self._until(meter, DECLINED, "declined")
        self._report(f"{charge.account}: {_money(charge)} declined ({charge.code})")

    def _lost_response(self, meter: Meter) -> None:
        self.gateway.control("faults", queue=["lost_after"])
        self.send(meter, [_fees(LOST, self._at())])
        charge = self._until(meter, LOST, "unknown")
        must(self._charged(charge) == 1, "the gateway did not make the charge whose response was lost")
        self._report(
            f"{charge.account}: {_money(charge)} charged, and the response lost: in doubt, not charged again"
        )
        self._wait_until(self._at() + INQUIRED_AFTER)
        charge = self._until(meter, LOST, "succeeded")
        must(self._charged(charge) == 1, "a charge in doubt was taken twice")
        self._report(f"{charge.account}: sent again with the same key, and booked; charged once")

    def _paypal(self, meter: Meter) -> None:
        self.send(meter, [_event("product_activated", PAYPAL, product="ECS"), _fees(PAYPAL, self._at())])
        charge = self._until(meter, PAYPAL, "succeeded")
        checked = self._authorization_ended(meter)
        self._report(
            f"{charge.account}: PayPal account checked by a hold of {checked}, voided; {_money(charge)} deducted"
        )

    def _retry(self, meter: Meter) -> None:
        self._wait_until(self._at() + RETRIED_AFTER)
        charge = self._until(meter, DECLINED, "succeeded")
        self._report(f"{charge.account}: tried again after 7 days, {_money(charge)} deducted")

    def _sweep(self, meter: Meter) -> None:
        zone = self.runtime.policy.zone
        month_end = (self._at().astimezone(zone).replace(day=1) + timedelta(days=32)).replace(day=1)
        last_day = (month_end - timedelta(days=1)).date()
        swept_at: time = self.runtime.policy.collection.sweep_time
        self._wait_until(datetime.combine(last_day, swept_at, zone))
        charge = self._until(meter, SWEPT, "succeeded")
        self._report(f"{charge.account}: the month-end sweep deducted {_money(charge)}")

    def _gateways_own_books(self) -> str:
        ours = sorted(charge.amount_minor for charge in self._charges() if charge.state == "succeeded")
        theirs = sorted(self.gateway.charged_minor("stripe") + self.gateway.charged_minor("paypal"))
        must(ours == theirs, f"the gateways took {theirs}, booked were {ours}")
        total = money_text(sum(theirs), CURRENCY)
        return f"the gateways' own books: {len(theirs)} charges, {total}, the same as ours"

    def _until(self, meter: Meter, account: str, state: str) -> ChargeFigures:
        """Waits for the newest charge of an account to come to a state."""
        newest: ChargeFigures | None = None

        def read() -> Reading | None:
            nonlocal newest
            newest = next((charge for charge in reversed(self._charges()) if charge.account == account), None)
            if newest is not None and newest.state == state:
                return None
            return Reading(0, None, f"{account}: {newest.state if newest else 'nothing to charge yet'}")

        watch(meter, self.stage, read)
        if newest is None:
            raise AssertionError("the charge was there a moment ago")
        return newest

    def _authorization_ended(self, meter: Meter) -> str:
        checked: tuple[str, int] | None = None

        def read() -> Reading | None:
            nonlocal checked
            with self.runtime.store.transaction() as tx:
                checked = figures.pre_authorization(tx, PAYPAL)
            return (
                None if checked and checked[0] == "voided" else Reading(0, None, "the hold is to be voided")
            )

        watch(meter, self.stage, read)
        return money_text(checked[1], CURRENCY) if checked else ""

    def _charges(self) -> list[ChargeFigures]:
        with self.runtime.store.transaction() as tx:
            return figures.charges(tx, CUSTOMERS)

    def _charged(self, charge: ChargeFigures) -> int:
        return self.gateway.charged_minor("stripe").count(charge.amount_minor)

    def _wait_until(self, at: datetime) -> None:
        """Lets time pass here and at the gateway, and tells the workers."""
        self.set_clock(at)
        nudge("tasks.collection.look")

    def _at(self) -> datetime:
        return self.runtime.now()

    def _report(self, sentence: str) -> None:
        self.sentences.append(f"{local(self._at(), self.runtime.policy.zone)}: {sentence}")


def _money(charge: ChargeFigures) -> str:
    return money_text(charge.amount_minor, CURRENCY)


def _event(event_type: str, account: str, /, **data: Any) -> Event:
    return event("demo.shop", f"{event_type}/{account}", event_type, account, data)


def _customers() -> list[Event]:
    """Standard accounts without a cent, each with a payment method."""
    made = []
    for account in CUSTOMERS:
        made.append(_event("account_opened", account, currency=CURRENCY))
        made.append(_event("payment_method_added", account, **_method(account)))
    return made


def _method(account: str) -> dict[str, Any]:
    if account == PAYPAL:
        return {
            "method": "paypal-1", "kind": "paypal", "gateway": "paypal", "method_token": "vault_ok_1",
            "threshold": "200.00", "currency": CURRENCY,
        }  # fmt: skip
    token = DECLINES_ONCE if account == DECLINED else f"pm_card_visa_{account}"
    return {
        "method": "card-1", "kind": "bank_card", "gateway": "stripe",
        "customer_token": f"cus_{account}", "method_token": token,
    }  # fmt: skip


def _fees(account: str, at: datetime) -> Event:
    minor = FEES_MINOR[account]
    fee = {
        "id": f"{account}-1", "amount": f"{minor // 100}.{minor % 100:02}", "currency": CURRENCY,
        "product": "ECS", "incurred_at": (at - timedelta(days=1)).isoformat(),
    }  # fmt: skip
    return _event("fees", account, fees=[fee])

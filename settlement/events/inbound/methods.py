"""Events about payment methods, and about products whose activation asks for one."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints

from settlement.errors import Refused
from settlement.events.inbound.fields import Amount, Currency, EventData, Name, printable
from settlement.model.commands.command import EventHead
from settlement.model.commands.methods import (
    MethodAdded,
    MethodMadeDefault,
    MethodRemoved,
    MethodVerification,
    ProductActivated,
)
from settlement.model.gateway.charges import MethodKind
from settlement.model.money import parse_amount

Token = Annotated[str, StringConstraints(min_length=1, max_length=300), AfterValidator(printable)]
TokenOrNone = Annotated[str, StringConstraints(max_length=300), AfterValidator(printable)]


class MethodAddedData(EventData):
    """A payment method, by the gateway's tokens. What looks like a card number is refused and taken out."""

    TYPE = "payment_method_added"
    EXAMPLE = (
        '{"method": "visa", "kind": "bank_card", "gateway": "stripe", "customer_token": "cus_7", '
        '"method_token": "pm_7"}'
    )

    method: Annotated[Name, Field(description="its name")]
    kind: MethodKind
    gateway: Annotated[
        Literal["stripe", "paypal", "sandbox"] | None,
        Field(description="`stripe`, `paypal`, `sandbox`; needed but for a bank transfer"),
    ] = None
    method_token: Annotated[Token | None, Field(description="likewise")] = None
    customer_token: TokenOrNone = ""
    threshold: Annotated[Amount | None, Field(description="of a PayPal account, with `currency`")] = None
    currency: Currency | None = None
    make_default: bool = True

    def command(self, head: EventHead) -> MethodAdded:
        self._check_kind()
        threshold = None
        if self.threshold is not None:
            if self.currency is None:
                raise Refused("bad_shape", "data.currency: needed beside threshold")
            threshold = parse_amount(self.threshold, self.currency)
        return MethodAdded(
            head, self.method, self.kind, self.gateway or "", self.customer_token, self.method_token or "",
            self.currency, threshold, self.make_default,
        )  # fmt: skip

    def _check_kind(self) -> None:
        if self.kind == "bank_transfer":
            if self.gateway or self.method_token or self.customer_token or self.threshold:
                raise Refused("bad_shape", "data: a bank transfer has no gateway, no token and no threshold")
        elif self.gateway is None or self.method_token is None:
            missing = "gateway" if self.gateway is None else "method_token"
            raise Refused("bad_shape", f"data.{missing}: needed for a {self.kind}")
        elif self.gateway == "paypal" and self.kind != "paypal":
            raise Refused("bad_shape", "data.gateway: paypal takes PayPal accounts only")


class _MethodData(EventData):
    EXAMPLE = '{"method": "visa"}'

    method: Name


class MethodMadeDefaultData(_MethodData):
    """The one that is charged. Sent again for the default after a decline for good, it is tried again."""

    TYPE = "payment_method_default"

    def command(self, head: EventHead) -> MethodMadeDefault:
        return MethodMadeDefault(head, self.method)


class MethodVerifyData(_MethodData):
    """A small amount is held and let go: `payment_method.verified` or `payment_method.unverified` follows."""

    TYPE = "payment_method_verify"

    def command(self, head: EventHead) -> MethodVerification:
        return MethodVerification(head, self.method)


class MethodRemovedData(_MethodData):
    """Never charged again; a charge that was not sent yet is not made."""

    TYPE = "payment_method_removed"

    def command(self, head: EventHead) -> MethodRemoved:
        return MethodRemoved(head, self.method)


class ProductActivatedData(EventData):
    """A pay-as-you-go product that a customer activates. `product.activation` follows; with an unverified PayPal
    account as default after a pre-authorization (R5.3).
    """

    TYPE = "product_activated"
    EXAMPLE = '{"product": "compute"}'

    product: Name

    def command(self, head: EventHead) -> ProductActivated:
        return ProductActivated(head, self.product)


EVENTS = (
    MethodAddedData, MethodMadeDefaultData, MethodVerifyData, MethodRemovedData, ProductActivatedData,
)  # fmt: skip

"""Settings of collecting: thresholds and times, gateways with their keys, and the server that takes webhooks in."""

from __future__ import annotations

from datetime import time
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, SecretStr, StringConstraints, field_validator, model_validator

from config.group import Count, Group, Json, Seconds

Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
# A whole amount in JSON is a number; one with a point stays text (config/group.py).
Amount = Annotated[
    str,
    StringConstraints(pattern=r"^[0-9]{1,15}(\.[0-9]{1,4})?$"),
    BeforeValidator(lambda value: str(value) if type(value) is int else value),
]
GatewayName = Literal["stripe", "paypal", "sandbox"]
Days = Annotated[int, Field(ge=1, le=365)]


class ThresholdSettings(Group):
    """Thresholds of one currency, in its major unit."""

    bank_card: Amount
    paypal_min: Amount
    paypal_max: Amount


class DunningSettings(Group):
    """What follows from a decline for a group of products, given by how their names begin; none: all others."""

    products: tuple[str, ...] = ()
    suspend_after_days: Days = 15
    release_after_days: Days = 30


class CollectionSettings(Group):
    """How standard accounts are collected from."""

    thresholds: Json[dict[Currency, ThresholdSettings]] = Field(
        {"USD": ThresholdSettings(bank_card="1000.00", paypal_min="8.00", paypal_max="500.00")},
        description="JSON by currency: threshold of bank cards, range of those of PayPal accounts. Others have none.",
    )
    gateways: Json[tuple[GatewayName, ...]] = Field(
        (),
        description="JSON list of the gateways at which payment methods may be; empty: those whose keys are set here.",
    )
    sweep_time: time = Field(
        time(23, 0), description="Local time of the month-end sweep on the last day of the month, HH:MM."
    )
    retry_after_days: Json[tuple[Days, ...]] = Field(
        (7, 14), description="JSON list of days after a first decline on which the charge is tried again."
    )
    reminders_before_days: Json[tuple[Days, ...]] = Field(
        (7, 3, 1), description="JSON list of days before suspension and before release on which to remind."
    )
    dunning: Json[dict[str, DunningSettings]] = Field(
        {"default": DunningSettings()},
        description="JSON by product group: which products, and days from first decline to suspension and release.",
    )
    attempts_per_day: Count = Field(
        3, description="Charges by threshold and retries that an account may see in a local day."
    )
    pre_authorization: Json[dict[Currency, Amount]] = Field(
        {"USD": "1.00"},
        description="JSON by currency: the amount held for a moment to check a payment method.",
    )
    charge_minimums: Json[dict[GatewayName, dict[Currency, Amount]]] = Field(
        {},
        description="JSON by gateway and currency: the least that is charged; else what the provider publishes.",
    )
    charge_maximums: Json[dict[GatewayName, dict[Currency, Amount]]] = Field(
        {},
        description="JSON by gateway and currency: the most that is charged at once; else what the provider publishes.",
    )
    ask_after_s: Json[tuple[Count, ...]] = Field(
        (60, 300, 1800, 7200, 21600, 86400),
        description="JSON list of seconds after which a charge in doubt is asked about, the last one repeated.",
    )
    operator_after_asks: Count = Field(
        6, description="Questions in vain after which a charge in doubt is announced to an operator."
    )
    send_lease_s: Count = Field(
        120, description="Seconds for which a charge belongs to the process that is sending it."
    )
    payer_may_take_s: Count = Field(
        86400, description="Seconds that a payer may take to confirm a charge before it counts as declined."
    )
    refund_read_again_after_days: Json[tuple[Days, ...]] = Field(
        (7, 30),
        description="JSON list of days after which a refund that was given back is looked at again: banks return some.",
    )
    batch: Count = Field(10, description="Charges that one process sends at a time.")
    every_s: Seconds = Field(
        3.0, description="Seconds between looks for charges to send or to ask about, and for new webhooks."
    )

    @field_validator("sweep_time")
    @classmethod
    def _is_local(cls, value: time) -> time:
        if value.tzinfo is not None:
            message = "is local to the billing zone and takes no offset"
            raise ValueError(message)
        return value


class GatewaySettings(Group):
    """The gateways of this deployment. One without a key is not set up."""

    sandbox: bool | None = Field(
        None, description="Is there a sandbox gateway, which moves no money; empty: where no other has keys."
    )
    stripe_key: SecretStr | None = Field(None, description="Secret key of Stripe; empty: no Stripe.")
    stripe_url: str = Field("", description="Address of Stripe's API; empty: the real one.")
    stripe_webhook_secrets: Json[tuple[SecretStr, ...]] = Field(
        (),
        description="JSON list of the signing secrets of Stripe's webhooks, several while one is replaced.",
    )
    stripe_per_s: Seconds = Field(20.0, description="Calls per second to Stripe, over all processes.")
    paypal_client_id: str = Field("", description="Client id at PayPal; empty: no PayPal.")
    paypal_secret: SecretStr | None = Field(None, description="Secret of the client at PayPal.")
    paypal_url: str = Field("live", description="PayPal's API: live, sandbox, or the address of a stand-in.")
    paypal_webhook_id: str = Field("", description="Id of the webhook at PayPal, part of what it signs.")
    paypal_per_s: Seconds = Field(10.0, description="Calls per second to PayPal, over all processes.")
    sandbox_per_s: Seconds = Field(200.0, description="Calls per second to the sandbox gateway.")
    timeout_s: Seconds = Field(20.0, description="Seconds to wait for a gateway's answer.")
    webhook_tolerance_s: Seconds = Field(
        300.0, description="How far the time in a webhook's signature may be from ours, in seconds."
    )

    @field_validator("paypal_url")
    @classmethod
    def _is_a_place(cls, value: str) -> str:
        if value not in {"live", "sandbox"} and not value.startswith(("http://", "https://")):
            message = "must be live, sandbox, or an address that begins with http:// or https://"
            raise ValueError(message)
        return value

    @model_validator(mode="after")
    def _is_whole(self) -> GatewaySettings:
        if bool(self.paypal_client_id) != bool(self.paypal_secret):
            message = "PayPal needs both paypal_client_id and paypal_secret"
            raise ValueError(message)
        return self


class ServeSettings(Group):
    """The HTTP server that takes webhooks in."""

    host: str = Field("127.0.0.1", description="Address that `settle serve` listens on.")
    port: int = Field(8080, ge=0, le=65535, description="Port that `settle serve` listens on.")
    max_body_bytes: Count = Field(1_000_000, description="Largest request body that `settle serve` reads.")
    body_timeout_s: Seconds = Field(
        10,
        description="How long a request may take to come, head and body each, before `settle serve` ends it.",
    )

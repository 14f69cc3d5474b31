"""From a deployment's settings to its gateways. An adapter's library is imported only where it is set up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from settlement.errors import Misconfigured
from settlement.gateways.port import Gateway


@dataclass(frozen=True, slots=True)
class GatewaySetup:
    """What a deployment set up: keys, addresses (empty: the provider's own), secrets of webhooks, time limit, and how
    far the time in the signature of a webhook may be from ours.

    Never printed: it holds secrets.
    """

    sandbox: bool = True
    stripe_key: str = ""
    stripe_url: str = ""
    stripe_webhook_secrets: tuple[str, ...] = ()
    paypal_client_id: str = ""
    paypal_secret: str = ""
    paypal_url: str = "live"
    paypal_webhook_id: str = ""
    timeout_s: float = 20.0
    webhook_tolerance: timedelta = timedelta(minutes=5)

    def __repr__(self) -> str:
        return f"GatewaySetup({', '.join(self.names) or 'none'})"

    @property
    def names(self) -> tuple[str, ...]:
        """The gateways that are set up."""
        chosen = {"sandbox": self.sandbox, "stripe": self.stripe_key, "paypal": self.paypal_client_id}
        return tuple(name for name, is_set in chosen.items() if is_set)


def build_gateways(setup: GatewaySetup) -> Mapping[str, Gateway]:
    """The gateways by name. No connection is made.

    Raises:
        Misconfigured: a gateway is set up whose library is not installed; the message names the extra.
    """
    gateways: dict[str, Gateway] = {}
    try:
        if setup.sandbox:
            from settlement.gateways.sandbox import SandboxGateway

            gateways["sandbox"] = SandboxGateway()
        if setup.stripe_key:
            from settlement.gateways.stripe.gateway import StripeGateway

            gateways["stripe"] = StripeGateway(
                setup.stripe_key, url=setup.stripe_url, webhook_secrets=setup.stripe_webhook_secrets,
                timeout_s=setup.timeout_s, webhook_tolerance=setup.webhook_tolerance,
            )  # fmt: skip
        if setup.paypal_client_id:
            from settlement.gateways.paypal.gateway import PayPalGateway

            gateways["paypal"] = PayPalGateway(
                setup.paypal_client_id, setup.paypal_secret, url=setup.paypal_url,
                webhook_id=setup.paypal_webhook_id, timeout_s=setup.timeout_s,
                webhook_tolerance=setup.webhook_tolerance,
            )  # fmt: skip
    except ImportError as error:
        missing = (error.name or "").partition(".")[0]
        extra = "stripe" if missing == "stripe" else "paypal"
        raise Misconfigured(
            f"{missing} is not installed: pip install 'settle-worker[{extra}]', or leave its gateway unset"
        ) from error
    return gateways

"""`settle gatewaysim`: a stand-in for Stripe and PayPal on this machine, for trying things out."""

from __future__ import annotations

from typing import Annotated

import typer

from interfaces.cli.failures import CommandFailed, ExitCode

DEFAULT_PORT = 12111


def gatewaysim(
    host: Annotated[
        str, typer.Option(help="Address to listen on; whoever reaches it controls it.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port, 0 for a free one.")] = DEFAULT_PORT,
    fault_rate: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="Share of the calls that move money which go wrong.")
    ] = 0.0,
    seed: Annotated[int, typer.Option(help="The same seed makes the same faults.")] = 0,
) -> None:
    """A stand-in for Stripe and PayPal. The real libraries call it, and it moves no real money.

    Point SETTLE_GATEWAYS__STRIPE_URL and SETTLE_GATEWAYS__PAYPAL_URL at it, with any keys.
    """
    try:
        from sandbox.gatewaysim.__main__ import serve
    except ModuleNotFoundError as error:
        raise CommandFailed(
            ExitCode.ERROR,
            f"the library {error.name} is not installed",
            "install the extra: pip install 'settle-worker[serve]'",
        ) from None
    serve(host, port, fault_rate=fault_rate, seed=seed)

"""Short ways to give accounts a payment method, to park them, and to say what a gateway answers."""

from __future__ import annotations

from settlement.model.gateway.charges import Declined
from tests.support.world import World

SOFT = Declined("insufficient_funds", "no money", final=False)
HARD = Declined("stolen_card", "stolen", final=True)


def with_card(world: World, *accounts: str, method: str = "visa", **data: object) -> None:
    """Opens accounts that each have a bank card as their default method."""
    world.open(*accounts, **data)
    for name in accounts:
        add_card(world, name, method)


def add_card(world: World, account: str, method: str = "visa", **data: object) -> None:
    """Adds a bank card; without `make_default` it becomes the default."""
    plain = {"method": method, "kind": "bank_card", "gateway": "sandbox", "method_token": f"ok_{account}"}
    assert world.send("payment_method_added", account, **(plain | data)).refused == 0


def hold(world: World, account: str) -> None:
    """Keeps the account from paying and from being charged."""
    world.send("account_changed", account, hold={"reason": "dispute", "ref": "1"})


def release(world: World, account: str) -> None:
    """Ends what `hold` began."""
    world.send("account_changed", account, release={"reason": "dispute", "ref": "1"})


def reference(world: World) -> str:
    """Our own name of the newest charge."""
    newest = "SELECT CAST(reference AS text) FROM charge_attempt ORDER BY attempt_no DESC LIMIT 1"
    return str(world.one(newest))

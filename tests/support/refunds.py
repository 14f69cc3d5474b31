"""Accounts that were charged and are to be given money back, and what the books say of it."""

from __future__ import annotations

from tests.support.fake_gateway import FakeGateway
from tests.support.world import World

CARD = {"method": "visa", "kind": "bank_card", "gateway": "sandbox", "method_token": "ok"}


def charged(world: World, gateway: FakeGateway, *names: str, fees: tuple[str, ...] = ("1000",)) -> None:
    """Accounts with a card that was charged for each of the fees, each above the threshold."""
    world.open(*names)
    for name in names:
        assert world.send("payment_method_added", name, **CARD).refused == 0
        for amount in fees:
            world.fee(name, amount)
            world.charge(gateway)


def refund(world: World, amount: str, account: str = "a") -> None:
    """A refund event to the original method, in USD, handled at once."""
    done = world.send("refund", account, amount=amount, currency="USD", to="original_method")
    assert done.refused == 0


def reference(world: World, account: str = "a") -> str:
    """Our reference of an account's newest refund."""
    return str(
        world.rows(
            """SELECT CAST(reference AS text) FROM gateway_refund JOIN account a ON a.id = account_id
               WHERE external_id = :account ORDER BY refund_no DESC LIMIT 1""",
            account=account,
        )[0][0]
    )


def held(world: World) -> int:
    """What the ledger has on its way back, minor units."""
    return _net(world, "refunding", credit=1)


def refunded(world: World) -> list[int]:
    """How much of each charge counts as given back, minor units, in order."""
    return [
        row[0]
        for row in world.rows("SELECT refunded_minor FROM charge_attempt ORDER BY account_id, attempt_no")
    ]


def balanced(world: World, gateway: FakeGateway) -> None:
    """Everything adds up, and the clearing account has what the gateway has."""
    assert world.faults() == 0
    clearing = _net(world, "gateway_clearing", credit=-1)
    assert clearing == sum(gateway.taken_minor()) - sum(gateway.given_back_minor())


def _net(world: World, kind: str, *, credit: int) -> int:
    moved = world.rows(
        """SELECT CASE WHEN credit = CAST(:kind AS ledger_kind) THEN amount_minor ELSE -amount_minor END
           FROM ledger_transfer WHERE CAST(:kind AS ledger_kind) IN (debit, credit)""",
        kind=kind,
    )
    return credit * sum(int(row[0]) for row in moved)

"""Taking back from hundreds of accounts costs as many statements as from one. Rule: R4.1, R5.9."""

from __future__ import annotations

from tests.support.fake_gateway import FakeGateway
from tests.support.refunds import CARD
from tests.support.reversals import balanced, look
from tests.support.world import World, statements

MANY = 200


def story(world: World, names: list[str], gateway: FakeGateway, month: int) -> dict[str, int]:
    """Accounts whose settled bills are disputed, and the disputes won; each step with its number of statements."""

    def events(event_type: str, /, **data: object) -> None:
        world.receive(*(world.message(event_type, name, **data) for name in names))
        world.drain(accounts=2 * MANY, events=5 * MANY)

    def looking() -> int:
        with statements(world.store) as sent:
            look(world, gateway, [dispute.charge_ref for dispute in disputes])
        return len(sent)

    world.at(f"2026-{month}-15 00:00")
    before = set(gateway.books)
    fee = {"id": f"f{next(world.numbers)}", "amount": "1000", "currency": "USD", "product": "ECS"}
    events("account_opened", currency="USD")
    world.receive(
        *(
            world.message("payment_method_added", name, **(CARD | {"method_token": f"ok-{name}"}))
            for name in names
        )
    )
    world.drain(accounts=2 * MANY, events=5 * MANY)
    events("fees", fees=[fee | {"incurred_at": f"2026-{month}-15T00:00:00Z"}])
    world.charge(gateway)
    world.at(f"2026-{month + 1}-02 05:00").tick()
    disputes = [gateway.dispute(one, 100_000, at=world.now) for one in gateway.books if one not in before]
    counts = {"taken back": looking()}
    for dispute in disputes:
        gateway.change(dispute.gateway_ref, state="won", funds="returned")
    counts["brought back"] = looking()
    return counts


def test_it_costs_the_same_for_one_account_and_for_many(world):
    gateway = FakeGateway()
    one = story(world, ["one"], gateway, 10)
    many = story(world, [f"m{number}" for number in range(MANY)], gateway, 11)
    assert one == many
    assert max(one.values()) < 60
    assert world.rows("SELECT state, count(*), sum(steps) FROM gateway_reversal GROUP BY state") == [
        ("won", MANY + 1, 2 * (MANY + 1))
    ]
    balanced(world, gateway)

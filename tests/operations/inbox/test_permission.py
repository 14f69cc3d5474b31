"""What a known sender may not send is refused by whichever door it came. Rule: R12.1."""

from __future__ import annotations

from settlement.operations.inbox.senders import end_sender, register_sender
from settlement.storage.store import Store
from tests.support.world import World, statements


def _refusals(world: World) -> list[tuple[str, str]]:
    rows = world.rows(
        "SELECT type || ' ' || account, reason FROM inbox WHERE reason_code = 'not_allowed' ORDER BY id"
    )
    return [(row[0], row[1]) for row in rows]


def test_types_and_accounts_that_are_not_a_senders_are_refused(world):
    world.open("web-1", "web-2", "main")
    world.tie("main", "web-1")
    world.top_up("main", "10.00")
    register_sender(world.store, "world", event_types=["top_up", "transfer"], accounts=["web-*"])
    world.top_up("web-1", "5.00")
    world.top_up("main", "5.00")
    world.send("transfer", "web-1", amount="1.00", currency="USD", from_account="main")
    world.send("account_changed", "web-1", currency="USD", credit_limit="9.00")
    assert _refusals(world) == [
        ("top_up main", "source world may send nothing about account main"),
        ("transfer web-1", "source world may send nothing about account main"),
        ("account_changed web-1", "source world may send top_up, transfer, not account_changed"),
    ]
    assert (world.cash("web-1"), world.cash("main")) == (500, 1000)


def test_a_source_that_was_ended_may_send_nothing_until_it_is_opened_again(world):
    register_sender(world.store, "world")
    world.open("a")
    end_sender(world.store, "world")
    world.top_up("a", "5.00")
    register_sender(world.store, "world")
    world.top_up("a", "1.00")
    assert world.cash("a") == 100
    assert [row[0] for row in _refusals(world)] == ["top_up a"]


def test_looking_senders_up_costs_one_statement_for_any_number_of_events(world):
    names = [f"a{number}" for number in range(50)]
    world.open(*names)

    def cost(store: Store, count: int) -> int:
        world.receive(
            *(world.message("top_up", name, amount="1.00", currency="USD") for name in names[:count])
        )
        with statements(store) as made:
            world.drain()
        return sum("FROM sender" in statement for statement in made)

    assert cost(world.store, 1) == cost(world.store, 50) == 1

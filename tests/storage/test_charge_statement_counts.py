"""Collecting from a thousand accounts costs as many statements as from one. Rule: R4.1, R5.2."""

from __future__ import annotations

from collections.abc import Callable

from settlement.model.gateway.charges import Declined, Unknown
from settlement.operations.gateway.charges import inquire_about_charges, send_charges
from settlement.operations.gateway.engine import CallLimits
from settlement.operations.schedule.collection import collect_due
from tests.support.fake_gateway import FakeGateway
from tests.support.world import World, statements

MANY = 300
# All of them in one batch; what one process may have in its hands is another question.
LIMITS = CallLimits(batch=MANY, default_per_s=1_000_000)


class FullOfMoods(FakeGateway):
    """Does the same to every call of a round."""

    mood = ""

    def charge(self, request):
        if self.mood == "declines":
            return Declined("insufficient_funds", "no money", final=False)
        outcome = super().charge(request)
        # Many are sent side by side, so each answer is lost here and not counted down.
        return Unknown("no answer") if self.mood == "loses" else outcome


def counted(world: World, work: Callable[[], object]) -> int:
    with statements(world.store) as sent:
        work()
    return len(sent)


def story(world: World, names: list[str], gateway: FullOfMoods) -> dict[str, int]:
    """Every step of collecting for these accounts, with its number of statements."""

    def calling(act: Callable[..., object]) -> int:
        gateways = {gateway.name: gateway}
        clock = lambda: world.now  # noqa: E731 - the present of this world
        return counted(
            world, lambda: act(world.store, gateways, clock=clock, policy=world.policy, limits=LIMITS)
        )

    def events(event_type: str, /, **data: object) -> int:
        world.receive(*(world.message(event_type, name, **data) for name in names))
        return counted(world, lambda: world.drain(accounts=2 * MANY, events=5 * MANY))

    def fees(amount: str) -> int:
        fee = {"amount": amount, "currency": "USD", "product": "ECS", "incurred_at": "2026-10-15T00:00:00Z"}
        number = next(world.numbers)
        return events("fees", fees=[fee | {"id": f"f{number}"}])

    card = {"method": "visa", "kind": "bank_card", "gateway": "sandbox", "method_token": "ok"}
    counts = {"open": events("account_opened", currency="USD")}
    counts["method"] = events("payment_method_added", **card)
    counts["fees"] = fees("1500")
    gateway.mood = "loses"
    counts["send"] = calling(send_charges)
    world.now += world.policy.collection.inquire_after[1]
    gateway.mood = ""
    counts["ask"] = calling(inquire_about_charges)
    counts["fees again"] = fees("1400")
    gateway.mood = "declines"
    counts["decline"] = calling(send_charges)
    world.now = world.now.replace(day=world.now.day + 8)
    counts["retry"] = counted(world, lambda: collect_due(world.store, at=world.now, policy=world.policy))
    gateway.mood = ""
    counts["send retry"] = calling(send_charges)
    assert world.rows("SELECT count(*) FROM charge_attempt WHERE state NOT IN ('succeeded', 'declined')") == [
        (0,)
    ]
    return counts


def test_every_step_costs_the_same_for_one_account_and_for_many(world):
    gateway = FullOfMoods()
    one = story(world, ["one"], gateway)
    world.at("2026-10-14 00:00")
    many = story(world, [f"m{number}" for number in range(MANY)], gateway)
    assert one == many
    assert max(one.values()) < 40
    assert world.rows("SELECT state, count(*) FROM charge_attempt GROUP BY state ORDER BY state") == [
        ("succeeded", 2 * (MANY + 1)),
        ("declined", MANY + 1),
    ]
    assert world.faults() == 0

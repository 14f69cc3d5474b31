"""Giving back to hundreds of accounts costs as many statements as to one. Rule: R4.1, R7.3."""

from __future__ import annotations

from collections.abc import Callable

from settlement.model.gateway.charges import Unknown
from settlement.model.gateway.refund_calls import RefundFailed, RefundOutcome, RefundRequest
from settlement.operations.gateway.engine import CallLimits
from settlement.operations.gateway.refunds import inquire_about_refunds, send_refunds
from tests.support.fake_gateway import FakeGateway
from tests.support.refunds import CARD
from tests.support.world import World, statements

MANY = 200
# All of them in one batch; what one process may have in its hands is another question.
LIMITS = CallLimits(batch=2 * MANY, default_per_s=1_000_000)


class FullOfMoods(FakeGateway):
    """Does the same to every refund of a round."""

    mood = ""

    def refund(self, request: RefundRequest) -> RefundOutcome:
        if self.mood == "fails":
            return RefundFailed("closed_account", "nobody there")
        outcome = super().refund(request)
        # Many are asked side by side, so each answer is lost here and not counted down.
        return Unknown("no answer") if self.mood == "loses" else outcome


def story(world: World, names: list[str], gateway: FullOfMoods) -> dict[str, int]:
    """Every step of giving back to these accounts, with its number of statements."""

    def counted(work: Callable[[], object]) -> int:
        with statements(world.store) as sent:
            work()
        return len(sent)

    def calling(act: Callable[..., object]) -> int:
        return counted(
            lambda: act(
                world.store,
                {gateway.name: gateway},
                clock=lambda: world.now,
                policy=world.policy,
                limits=LIMITS,
            )
        )

    def events(event_type: str, /, **data: object) -> int:
        world.receive(*(world.message(event_type, name, **data) for name in names))
        return counted(lambda: world.drain(accounts=2 * MANY, events=5 * MANY))

    def give_back(amount: str) -> int:
        return events("refund", amount=amount, currency="USD", to="original_method")

    number = next(world.numbers)
    fee = {"id": f"f{number}", "amount": "1000", "currency": "USD", "product": "ECS"}
    events("account_opened", currency="USD")
    events("payment_method_added", **CARD)
    events("fees", fees=[fee | {"incurred_at": "2026-10-15T00:00:00Z"}])
    world.charge(gateway)
    counts = {"refund": give_back("700.00")}
    gateway.mood = "loses"
    counts["send"] = calling(send_refunds)
    world.now += world.policy.collection.inquire_after[1]
    gateway.mood = ""
    counts["ask"] = calling(inquire_about_refunds)
    counts["refund, part of it cash"] = give_back("700.00")
    gateway.mood = "fails"
    counts["fail"] = calling(send_refunds)
    gateway.mood = ""
    return counts


def test_every_step_costs_the_same_for_one_account_and_for_many(world):
    gateway = FullOfMoods()
    one = story(world, ["one"], gateway)
    many = story(world, [f"m{number}" for number in range(MANY)], gateway)
    assert one == many
    assert max(one.values()) < 40
    ended = "SELECT state, count(*), sum(amount_minor) FROM gateway_refund GROUP BY state ORDER BY state"
    assert world.rows(ended) == [
        ("succeeded", MANY + 1, 70_000 * (MANY + 1)),
        ("failed", MANY + 1, 30_000 * (MANY + 1)),
    ]  # fmt: skip
    assert world.rows("SELECT DISTINCT cash_minor FROM account") == [(70_000,)]
    assert world.faults() == 0

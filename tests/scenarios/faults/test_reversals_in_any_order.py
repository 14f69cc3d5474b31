"""Charges, refunds, disputes and money in any order: the books add up and agree with the gateway. Rule: R5.9, R11.3."""

from __future__ import annotations

from datetime import timedelta
from random import Random

import pytest

from settlement.model.gateway.reversals import Reversal
from tests.support.fake_gateway import FakeGateway
from tests.support.refunds import CARD
from tests.support.reversals import balanced, look
from tests.support.world import World

STEPS = 90
ENDS = {"won": "returned", "lost": "withdrawn", "under_review": "withdrawn", "closed": "untouched"}


class Story:
    """Draws what happens next to two accounts, one of which the other may send money to."""

    def __init__(self, world: World, seed: int) -> None:
        self.world, self.gateway, self.draw, self.acts = world, FakeGateway(), Random(seed), 0
        world.open("a", "b")
        world.tie("a", "b")
        for name in "ab":
            world.send("payment_method_added", name, **CARD)

    def step(self) -> None:
        self.world.now += timedelta(days=self.draw.choice((0, 0, 1, 3)), minutes=1)
        act = self.draw.choice(
            (self.fees, self.fees, self.fees, self.top_up, self.transfer, self.refund, self.reverse, self.reverse,
             self.end, self.tick, self.tick, self.pay, self.settle_together, self.close_settlement, self.methods)
        )  # fmt: skip
        act()
        for then in (self.charge, self.look):
            if self.draw.random() < 0.5:
                then()

    def amount(self) -> str:
        return f"{self.draw.randint(1, 2500)}.{self.draw.randint(0, 99):02}"

    def name(self) -> str:
        return self.draw.choice("ab")

    def fees(self) -> None:
        sign = self.draw.choice(("", "", "", "-"))
        self.world.fee(self.name(), f"{sign}{self.amount()}", f"{self.world.now.isoformat()[:10]}T00:00:00Z")

    def top_up(self) -> None:
        self.world.top_up(self.name(), self.amount())

    def transfer(self) -> None:
        self.world.send("transfer", "b", from_account="a", amount=self.amount(), currency="USD")

    def month(self) -> str:
        return (self.world.now.replace(day=1) - timedelta(days=1)).isoformat()[:7]

    def pay(self) -> None:
        """By hand, with a part from the balance or without, by the method or not; refused as often as not."""
        self.acts += 1
        more: dict[str, str] = {"channel": "visa"} if self.draw.random() < 0.7 else {}
        if self.draw.random() < 0.5:
            more["from_balance"] = self.amount()
        self.world.send(
            "bill_payment_requested",
            self.name(),
            payment=f"p{self.acts}",
            cycle=self.month(),
            currency="USD",
            **more,
        )

    def settle_together(self) -> None:
        self.acts += 1
        listed = {"accounts": self.draw.choice((["b"], ["b", "a"], ["a", "b"])), "cycles": [self.month()]}
        self.world.send("unified_settlement_created", "a", settlement=f"u{self.acts}", **listed)
        if self.draw.random() < 0.8:
            self.world.send("unified_settlement_run", "a", settlement=f"u{self.acts}")

    def close_settlement(self) -> None:
        for (name,) in self.world.rows(
            "SELECT external_id FROM unified_settlement WHERE state IN ('draft', 'running')"
        ):
            self.world.send("unified_settlement_closed", "a", settlement=name)

    def methods(self) -> None:
        """Another method becomes the default, with the same token or another one."""
        self.acts += 1
        name, token = self.name(), self.draw.choice(("ok", "pm_2"))
        self.world.send(
            "payment_method_added", name, **(CARD | {"method": f"m{self.acts}", "method_token": token})
        )

    def refund(self) -> None:
        self.world.send("refund", self.name(), amount=self.amount(), currency="USD", to="original_method")
        self.world.give_back(self.gateway)

    def reverse(self) -> None:
        """Of one charge, as much of it as is not gone yet at the most; or, now and then, more than that."""
        if not self.gateway.books:
            return
        reference = self.draw.choice(list(self.gateway.books))
        most = self.gateway.books[reference].amount_minor
        made = self.draw.choice((self.gateway.refund_there, self.gateway.dispute))
        made(reference, self.draw.randint(1, most), at=self.world.now)

    def end(self) -> None:
        known: list[Reversal] = list(self.gateway.reversals.values())
        if known:
            one = self.draw.choice(known)
            if one.kind == "dispute":
                state = self.draw.choice(list(ENDS))
                self.gateway.change(one.gateway_ref, state=state, funds=ENDS[state])
            else:
                back = one.state == "succeeded"
                state, funds = ("failed", "returned") if back else ("succeeded", "withdrawn")
                self.gateway.change(one.gateway_ref, state=state, funds=funds)

    def tick(self) -> None:
        self.world.tick()

    def charge(self) -> None:
        self.world.charge(self.gateway)

    def look(self) -> None:
        look(self.world, self.gateway)


@pytest.mark.parametrize("seed", range(5))
def test_whatever_happens_the_books_add_up_and_agree_with_the_gateway(world, seed):
    story = Story(world, seed)
    for _ in range(STEPS):
        story.step()
        assert world.rows("SELECT external_id, parked_reason FROM account WHERE parked_at IS NOT NULL") == []
    look(world, story.gateway)
    world.tick()
    world.charge(story.gateway)
    balanced(world, story.gateway)
    assert world.one("SELECT count(*) FROM gateway_reversal") > 2
    before = world.image()
    look(world, story.gateway)
    assert world.image() == before

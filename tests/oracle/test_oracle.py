"""Drawn stories of repayment by people, held against the oracle after every step. Rule: R1.5, R4.*, R8.*, R9.*, R10.1.

The short form is part of the suite; `make oracle` runs as many stories as EXAMPLES says, different ones every time.
"""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

import psycopg
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import event as sa_event

from settlement.storage.store import Store
from tests.oracle.acts import BOSS, CARD, LENT, MEMBERS, NAMES, acts, fees
from tests.oracle.events import VISA, Act, Telling
from tests.support.builders import POLICY, utc
from tests.support.shared_database import empty
from tests.support.world import World

# Of a whole run; without it the few stories of the suite, the same ones every time.
EXAMPLES = int(os.environ.get("ORACLE_EXAMPLES", "0"))
STEPS = 40
# Until then whole months may go by; later nothing new happens to the bills that stories are about.
LAST = utc("2027-03-01 00:00")
# Minutes, hours, days or months; and at which parts of it something happens.
outages = st.one_of(*(st.integers(1, most) for most in (90, 2000, 20_000, 100_000))).map(
    lambda minutes: timedelta(minutes=minutes)
)
moments = st.lists(st.integers(0, 999), max_size=5).map(lambda parts: [part / 1000 for part in sorted(parts)])
# How refunds and disputes look at the gateway, and where the money is then.
SEEN = {
    "refund": (("succeeded", "withdrawn"), ("pending", "untouched"), ("failed", "returned"), ("failed", "untouched")),
    "dispute": (
        ("needs_response", "withdrawn"), ("needs_response", "untouched"), ("under_review", "withdrawn"),
        ("won", "returned"), ("won", "untouched"), ("lost", "withdrawn"), ("closed", "untouched"),
        ("closed", "returned"),
    ),
}  # fmt: skip
moods = st.sampled_from(("takes", "takes", "declines", "loses", "silent"))


class Stories(RuleBasedStateMachine):
    """One deployment and one oracle, told the same things."""

    def __init__(self, store: Store, emptying: psycopg.Connection) -> None:
        super().__init__()
        empty(emptying)
        self.store = store
        self.commits = 0
        sa_event.listen(store.engine, "commit", self._count)

    def _count(self, _connection: Any) -> None:
        self.commits += 1

    @initialize(
        partial=st.booleans(),
        limits=st.tuples(*(st.sampled_from(("5000", "100", "0")) for _ in NAMES)),
        switches=st.tuples(*(st.booleans() for _ in NAMES)),
        has_card=st.sampled_from((True, True, False)),
        untied=st.lists(st.sampled_from(MEMBERS), max_size=1),
        held=st.lists(st.sampled_from((CARD, *NAMES)), unique=True, max_size=2),
        owed=st.lists(fees, min_size=2, max_size=5),
    )
    def begin(
        self,
        partial: bool,
        limits: tuple[str, ...],
        switches: tuple[bool, ...],
        has_card: bool,
        untied: list[str],
        held: list[str],
        owed: list[tuple[str, str, int]],
    ) -> None:
        """Some accounts, most of which belong together, and what they owe: the bills of October are issued."""
        self.told = Telling(World(self.store, policy=replace(POLICY, partial_write_off=partial)))
        opened = [
            ("account_opened", name, {
                "currency": "USD", "credit_control": name in (BOSS, LENT), "credit_limit": limit,
                "auto_write_off": switch, "opening_cash": "100.00" if name == BOSS else "0",
            })
            for name, limit, switch in zip(NAMES, limits, switches, strict=True)
        ]  # fmt: skip
        cards = [(name, VISA | {"method_token": f"ok-{name}"}) for name in (LENT, CARD) if has_card]
        self.tell(*opened, *(("payment_method_added", name, card) for name, card in cards))
        for member in MEMBERS:
            if member not in untied:
                self.tell(
                    ("relationship_requested", BOSS, {"member": member}),
                    ("relationship_accepted", member, {"main": BOSS}),
                )
        fee = self.told.fee
        self.tell(
            *(("account_changed", name, {"hold": {"reason": "manual"}}) for name in held),
            *(fee(name, "50") for name in NAMES), *(fee(*drawn) for drawn in owed),
        )  # fmt: skip
        self.told.tick()
        self.told.later()
        self.told.later()

    @rule(data=st.data())
    def one(self, data: st.DataObject) -> None:
        """An event."""
        self.tell(self.drawn(data))

    @rule(data=st.data())
    def another(self, data: st.DataObject) -> None:
        """An event: most of what happens is one."""
        self.tell(self.drawn(data))

    @rule(data=st.data(), how_many=st.integers(2, 4))
    def batch(self, data: st.DataObject, how_many: int) -> None:
        """Events that wait together and are handled as one set."""
        self.tell(*[self.drawn(data) for _ in range(how_many)])

    @precondition(lambda self: self.told.oracle.account(LENT).running_payment is not None)
    @rule(channel=st.sampled_from(("visa", "balance")))
    def begun_anew(self, channel: str) -> None:
        """A payment is given up and another one asked for, as one set."""
        running = self.told.oracle.account(LENT).running_payment
        assert running is not None
        another = {
            "payment": f"p{next(self.told.world.numbers)}", "cycle": f"{running.cycle // 100}-{running.cycle % 100:02}",
            "currency": "USD", "channel": channel,
        }  # fmt: skip
        self.tell(
            ("bill_payment_cancelled", LENT, {"payment": running.name}),
            ("bill_payment_requested", LENT, another),
        )

    @rule(fee=fees)
    def used(self, fee: tuple[str, str, int]) -> None:
        """A fee, sometimes a late one, sometimes a credit."""
        self.tell(self.told.fee(*fee))

    @rule(mood=moods)
    def called(self, mood: str) -> None:
        """Charges that wait are sent, and those in doubt are asked about."""
        self.told.charge(mood)

    @rule(
        by=st.sampled_from((timedelta(0), timedelta(minutes=10), timedelta(minutes=40), timedelta(hours=30)))
    )
    def waited(self, by: timedelta) -> None:
        """Time passes, to the next sweep or issuance at most."""
        self.told.later(by)

    @precondition(lambda self: self.told.world.now < LAST)
    @rule()
    def month_went_by(self) -> None:
        """To the next sweep or issuance."""
        self.told.later()

    @precondition(lambda self: self.told.world.now < LAST)
    @rule(
        data=st.data(),
        length=outages,
        arrivals=moments,
        first=st.sampled_from(("tick", "drain", "calls", "reversals")),
        mood=moods,
    )
    def slept(
        self, data: st.DataObject, length: timedelta, arrivals: list[float], first: str, mood: str
    ) -> None:
        """Nothing runs, and events come in all the same; then everything is up again, something of it first."""
        begun = self.told.world.now
        for part in arrivals:
            self.told.goes_on(begun + length * part)
            is_fee = data.draw(st.booleans(), label="is it a fee")
            self.told.receive(self.told.fee(*data.draw(fees, label="fee")) if is_fee else self.drawn(data))
        self.told.goes_on(begun + length)
        if first == "calls":
            self.told.charge(mood)
        if first == "reversals":
            self.told.look()
        if first != "tick":
            self.told.drain()
            self.told.compare()
        self.told.tick()

    @precondition(lambda self: self.told.world.now < LAST)
    @rule(length=outages)
    def nobody_looked(self, length: timedelta) -> None:
        """Beat is away: what comes in is handled, and nobody looks at the calendar."""
        self.told.goes_on(self.told.world.now + length)

    @precondition(lambda self: self.told.gateway.books)
    @rule(data=st.data(), is_new=st.booleans(), is_read=st.booleans())
    def reversed(self, data: st.DataObject, is_new: bool, is_read: bool) -> None:
        """Somebody refunds or disputes a charge, or a refund or dispute changes; it is read now, or some time."""
        gateway = self.told.gateway
        if is_new or not gateway.reversals:
            charge = data.draw(st.sampled_from(list(gateway.books)), label="charge")
            made = (
                gateway.dispute if data.draw(st.booleans(), label="is it a dispute") else gateway.refund_there
            )
            one = made(charge, gateway.books[charge].amount_minor, at=self.told.world.now)
        else:
            one = gateway.reversals[data.draw(st.sampled_from(list(gateway.reversals)), label="reversal")]
        state, funds = data.draw(st.sampled_from(SEEN[one.kind]), label="state")
        amount = data.draw(st.sampled_from((one.amount_minor, one.amount_minor, one.amount_minor // 2 + 1)))
        gateway.change(one.gateway_ref, state=state, funds=funds, amount_minor=amount)
        if is_read:
            self.told.look()

    @precondition(lambda self: self.told.gateway.reversals)
    @rule()
    def reversals_read(self) -> None:
        """What became of refunds and disputes is read at the gateway."""
        self.told.look()

    def drawn(self, data: st.DataObject) -> Act:
        return data.draw(acts(self.told.oracle.books, next(self.told.world.numbers)), label="act")

    def tell(self, *told: Act) -> None:
        before = self.commits
        self.told.tell(*told)
        # To receive, to book all of them, to look for more and to read why; and to compare.
        assert self.commits - before == 5, "what is handled as one set is booked in one transaction"

    def teardown(self) -> None:
        sa_event.remove(self.store.engine, "commit", self._count)
        # Whatever is owed at the end is no fault.
        self.told.world.tick()
        assert self.told.world.violated() == {}


def test_every_step_of_every_story_is_as_the_oracle_says(shared_store, emptying):
    form = settings(
        max_examples=EXAMPLES or 6,
        stateful_step_count=STEPS,
        derandomize=not EXAMPLES,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        # Shrinking takes minutes, which belong to the long form.
        phases=(Phase.generate, Phase.shrink) if EXAMPLES else (Phase.generate,),
        print_blob=bool(EXAMPLES),
    )
    # It asks for a class, and calls what it gets without arguments.
    stories = cast("type[Stories]", lambda: Stories(shared_store, emptying))
    run_state_machine_as_test(stories, settings=form)

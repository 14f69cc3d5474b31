"""Tells a deployment and the oracle the same things, and compares them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from settlement.model.gateway.charges import (
    ChargeOutcome,
    Declined,
    GatewayRequest,
    NotFound,
    Succeeded,
    Unknown,
)
from tests.oracle.collection import SURELY_NOTHING_AFTER, issue
from tests.oracle.comparison import expected, found
from tests.oracle.months import issued_at, next_instant
from tests.oracle.nouns import Reversal
from tests.oracle.oracle import Oracle
from tests.support.fake_gateway import FakeGateway
from tests.support.reversals import look
from tests.support.world import World

# Kind, account, data.
Act = tuple[str, str, dict[str, Any]]
VISA = {"method": "visa", "kind": "bank_card", "gateway": "sandbox", "method_token": "ok"}


class ListeningGateway(FakeGateway):
    """Keeps what it was asked about and what it said, in order. `mood` is about charges it does not know yet; only what
    a person asked for is ever declined.
    """

    def __init__(self, oracle: Oracle) -> None:
        super().__init__()
        self.oracle = oracle
        self.mood = "takes"
        # Account, answer, and of a charge that is sent our reference.
        self.heard: list[tuple[str, str, str | None]] = []
        # By our reference, the account and the number of the charge.
        self.charges: dict[str, tuple[str, int]] = {}

    def charge(self, request: GatewayRequest) -> ChargeOutcome:
        outcome = self._charge(request)
        self.heard.append((request.account, _answer(outcome), request.reference))
        return outcome

    def _charge(self, request: GatewayRequest) -> ChargeOutcome:
        if request.reference not in self.books:
            under_way = self.oracle.account(request.account).charge_under_way
            if self.mood == "silent":
                return Unknown("no answer, and nothing taken")
            if self.mood == "declines" and under_way is not None and under_way.reason == "manual":
                return Declined("insufficient_funds", "no money", final=False)
        self.loses = int(self.mood == "loses")
        return super().charge(request)

    def find(self, request: GatewayRequest) -> ChargeOutcome:
        outcome = super().find(request)
        charge = self.oracle.account(request.account).charge_under_way
        assert charge is not None
        assert charge.sent is not None
        is_sure = self.oracle.books.now >= charge.sent + SURELY_NOTHING_AFTER
        not_yet = isinstance(outcome, NotFound) and not (is_sure and charge.is_not_shown)
        # Found twice, for our clock may have jumped. Rule: R5.5f.
        charge.is_not_shown = is_sure and isinstance(outcome, NotFound)
        self.heard.append((request.account, "unknown" if not_yet else _answer(outcome), None))
        return outcome


def _answer(outcome: ChargeOutcome) -> str:
    answers = {Succeeded: "taken", Declined: "declined", NotFound: "nothing", Unknown: "unknown"}
    return answers[type(outcome)]


class Telling:
    """A world and the oracle of it, at the same instant, with a gateway that both hear."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.oracle = Oracle(world.now, partial=world.policy.partial_write_off)
        self.gateway = ListeningGateway(self.oracle)
        # Events of which nobody has compared yet what became of them.
        self.unheard: dict[str, Act] = {}

    def fee(self, name: str, amount: str, days_ago: int = 0) -> Act:
        """A fee as an event."""
        number = next(self.world.numbers)
        fee = {
            "id": f"f{number}", "amount": amount, "currency": "USD", "product": ("ECS", "OSS", "RDS")[number % 3],
            "incurred_at": f"{self.world.now - timedelta(days=days_ago):%Y-%m-%dT%H:%M:%SZ}",
        }  # fmt: skip
        return "fees", name, {"fees": [fee]}

    def tell(self, *told: Act) -> None:
        """Events that wait together and are handled as one set."""
        self.say(*told)
        self.compare()

    def say(self, *told: Act) -> None:
        """The same, and only what was refused is compared."""
        self.receive(*told)
        self.drain()

    def receive(self, *told: Act) -> None:
        """They arrive, and wait."""
        messages = [self.world.message(kind, name, **data) for kind, name, data in told]
        self.world.receive(*messages)
        for act, message in zip(told, messages, strict=True):
            self.oracle.receive(message["event_id"], *act)
            self.unheard[message["event_id"]] = act

    def drain(self) -> None:
        """What waits is handled, but what has to wait for something that was missed."""
        self.world.drain()
        self.oracle.drain()
        self._hear_outcomes()

    def tick(self) -> None:
        """Everything is done that is due now."""
        self.world.tick()
        self.oracle.tick()
        self._hear_outcomes()
        self.compare()

    def _hear_outcomes(self) -> None:
        codes, outcomes = self.codes(), self.oracle.outcomes
        for event_id in [event_id for event_id in self.unheard if event_id in codes or event_id in outcomes]:
            act = self.unheard.pop(event_id)
            assert event_id in codes, f"{act} waits still"
            assert event_id in outcomes, f"{act} was not to be handled yet"
            code, may_be = codes[event_id], outcomes[event_id]
            assert code in may_be or (code is None and not may_be), f"{act}: {code}, not {may_be or 'done'}"

    def codes(self) -> dict[str, str | None]:
        """Why events were refused, by their ids; None for those that were done."""
        return dict(self.world.rows("SELECT event_id, reason_code FROM inbox WHERE state <> 'waiting'"))

    def later(self, by: timedelta = timedelta(days=40)) -> None:
        """Time passes, to the next sweep or issuance at most, and what is due is done."""
        self.goes_on(min(self.world.now + by, next_instant(self.world.now)))
        self.tick()

    def close(self, cycle: int) -> None:
        """The bills of a month are issued, at the instant at which they have to be."""
        self.goes_on(issued_at(cycle))
        self.world.close(f"{cycle // 100}-{cycle % 100:02}")
        for account in self.oracle.books.accounts.values():
            issue(self.oracle.books, account, cycle)

    def goes_on(self, at: datetime) -> None:
        """Time passes, and nobody does anything."""
        self.world.now = self.oracle.books.now = at

    def charge(self, mood: str = "takes") -> None:
        """Charges that wait are sent, and those in doubt are asked about."""
        self.gateway.mood = mood
        self.world.charge(self.gateway)
        self.hear()
        self.compare()

    def look(self) -> None:
        """Refunds and disputes of every charge that succeeded are read at the gateway."""
        shown = {
            self.gateway.books[reference].gateway_ref: charge
            for reference, charge in self.gateway.charges.items()
            if reference in self.gateway.books and self.oracle.charge(*charge).state == "succeeded"
        }
        look(self.world, self.gateway, list(shown))
        for gateway_ref, (name, no) in shown.items():
            for one in self.gateway.reversals.values():
                if one.charge_ref == gateway_ref:
                    seen = Reversal(one.gateway_ref, one.kind, one.state, self.oracle.charge(name, no))
                    self.oracle.shown(name, seen, gone=one.amount_minor if one.funds == "withdrawn" else 0)
        self.compare()

    def hear(self) -> None:
        """The oracle hears what the gateway has said since."""
        for name, answer, reference in self.gateway.heard:
            self.oracle.sent(name)
            # Only now: the charge before it may have ended in the same breath.
            under_way = self.oracle.account(name).charge_under_way
            if reference is not None and under_way is not None:
                self.gateway.charges.setdefault(reference, (name, under_way.no))
            self.oracle.said(name, answer)
        self.gateway.heard.clear()

    def compare(self) -> None:
        """Everything, account by account, so that a difference is seen at once."""
        there, should_be = found(self.world), expected(self.oracle.books)
        assert there.keys() == should_be.keys()
        for name, of_one in should_be.items():
            assert there[name] == of_one, (name, _different(there[name], of_one))


def _different(there: object, should_be: object) -> object:
    """Only what differs, as it is and as it should be."""
    if isinstance(there, dict) and isinstance(should_be, dict):
        keys = [key for key in {**there, **should_be} if there.get(key) != should_be.get(key)]
        return {key: _different(there.get(key), should_be.get(key)) for key in keys}
    return there, should_be

"""A month in which everything happens, and one of each thing that has a page of the console."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any

from settlement.model.gateway.charges import TryLater
from settlement.model.policies.approvals import NewRequest
from settlement.operations import users
from settlement.operations.approvals import request_approval
from settlement.operations.inbox import senders
from settlement.operations.inbox.relay import relay
from settlement.operations.webhooks import endpoints
from settlement.storage.work import quarantine
from settlement.storage.work.quarantine import Misfit
from tests.support.fake_gateway import FakeGateway
from tests.support.refunds import charged, reference, refund
from tests.support.world import World

PASSWORD = "correct horse battery"
ROLES = ("viewer", "finance", "operator", "admin")
# In the middle of November: the bills of October are issued.
NOW = "2026-11-15 09:00"


def a_month(world: World) -> None:
    """October, closed on 2 November: of each kind of bill one."""
    world.open("acme-hq", "acme-east", "acme-west", "solo")
    world.open("creditor", credit_control=True, credit_limit="500.00")
    world.tie("acme-hq", "acme-east", "acme-west")
    world.send(
        "card_activated", "solo", card="gift-1", amount="20.00", currency="USD",
        valid_from="2026-10-01T00:00:00Z", valid_until="2027-10-01T00:00:00Z",
    )  # fmt: skip
    card = {"method": "visa", "kind": "bank_card", "gateway": "sandbox", "method_token": "ok"}
    world.send("payment_method_added", "solo", **card)
    for account, amount in (
        ("acme-east", "120.50"),
        ("acme-west", "80.25"),
        ("solo", "64.10"),
        ("creditor", "310"),
    ):
        world.fee(account, amount)
        world.fee(account, "7.77", product="OSS")
    world.top_up("acme-hq", "150.00")
    world.top_up("acme-east", "20.00")
    world.at("2026-11-02 04:30").tick()
    world.send(
        "payment_term_agreed", "creditor", from_cycle="2026-10", period_days=10, settlement_cycle="monthly"
    )
    world.at(NOW)
    world.tick()


class SilentGateway(FakeGateway):
    """It may take money or give it back or not; nobody ever hears. While it is not `silent`, charges are heard of."""

    silent = True

    def charge(self, request: Any) -> Any:
        self.loses = 1 if self.silent else 0
        return super().charge(request)

    def find(self, request: Any) -> Any:
        return TryLater("no search today")

    def refund(self, request: Any) -> Any:
        self.loses_refunds = 1
        return super().refund(request)

    def find_refund(self, request: Any) -> Any:
        return TryLater("no search today")


# What stands for the names in an address.
_NAMES = {
    "{account}": "solo", "{cycle}": "2026-10", "{action}": "top-up", "{main}": "acme-hq", "{settlement}": "october",
    "{run:int}": "1", "{message:int}": "1", "{operation:int}": "1", "{request:int}": "1", "{endpoint}": "crm",
    "{source}": "crm", "{code}": "unknown_account",
}  # fmt: skip


def one_of_each(world: World, *, hook: str = "https://crm.example/hook") -> dict[str, str]:
    """One of each thing that has a page, beside those of a month: what stands for the names in their addresses."""
    endpoints.add_endpoint(world.store, "crm", hook, private=hook.startswith("http:"))
    gateway = SilentGateway()
    gateway.silent = False
    charged(world, gateway, "charged")
    refund(world, "10.00", "charged")
    world.give_back(gateway)
    gateway.silent = True
    charged(world, gateway, "doubtful")
    a_month(world)
    world.send(
        "unified_settlement_created",
        "acme-hq",
        settlement="october",
        accounts=["acme-east"],
        cycles=["2026-10"],
    )
    world.top_up("late", "1.00")
    while relay(world.store, lambda _: None, limit=1_000):
        pass
    senders.register_sender(world.store, "crm")
    key = senders.create_key(world.store, "crm", ["read"])
    users.add_user(world.store, "maker", "finance", PASSWORD)
    figures = [["pays 1 bill at once", 100, "USD"]]
    data = {"amount": "1.00", "currency": "USD"}
    wanted = NewRequest("x" * 24, "maker", "finance", "refund", "solo", data, "agreed", 100, "USD", figures)
    request_approval(world.store, wanted, lasts=timedelta(days=1))
    with world.store.transaction() as tx:
        digest = hashlib.sha256(b"x").digest()
        quarantine.keep(
            tx, Misfit("events", "tag", "tasks.events.receive", "not_json", "no JSON", b"x", 1, digest)
        )
    cause = world.one(
        "SELECT r.cause FROM repayment r JOIN account a ON a.id = r.account_id "
        "WHERE a.external_id = 'solo' AND r.cycle = 202610 ORDER BY 1 LIMIT 1"
    )
    in_doubt = world.one("SELECT CAST(reference AS text) FROM charge_attempt WHERE state = 'unknown'")
    delivery = world.one("SELECT min(outbox_id) FROM webhook_delivery")
    return {
        **_NAMES, "{cause}": cause, "{charge}": str(in_doubt), "{refund}": reference(world, "charged"), "{key}": key.id,
        "{delivery:int}": str(delivery),
    }  # fmt: skip

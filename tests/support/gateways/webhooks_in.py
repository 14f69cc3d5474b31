"""A gateway in memory that sends webhooks, and short ways to keep and work on them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from settlement.errors import Refused
from settlement.gateways.port import Gateway
from settlement.model.gateway.charges import ChargeOutcome, NotFound, Notification
from settlement.operations.gateway.webhooks import process_notifications, store_notification
from tests.support.fake_gateway import FakeGateway
from tests.support.world import World


class Sender(FakeGateway):
    """Signs its webhooks with a word. `says` is what it answers when one object is read, before its books."""

    def __init__(self) -> None:
        super().__init__()
        self.says: dict[str, ChargeOutcome | Exception] = {}

    def notification(self, headers: Mapping[str, str], body: bytes, *, at: datetime) -> Notification:
        if headers.get("signature") != "mine":
            raise Refused("bad_signature", "not mine")
        told = json.loads(body)
        return Notification(
            told["id"], told["type"], told.get("reference"), told.get("ref"), told.get("charge"),
            tuple(told.get("others", ())),
        )  # fmt: skip

    def read(self, gateway_ref: str, reference: str) -> ChargeOutcome:
        self.looked_up.append(gateway_ref)
        said = self.says.get(gateway_ref)
        if isinstance(said, Exception):
            raise said
        if said is not None:
            return said
        taken = self.books.get(reference)
        return taken if taken is not None and taken.gateway_ref == gateway_ref else NotFound()


def tell(world: World, gateway: Gateway, event_id: str = "e1", signature: str = "mine", **told: Any) -> bool:
    body = json.dumps({"id": event_id, "type": "charge.changed", **told}).encode()
    return store_notification(world.store, gateway, {"signature": signature}, body, at=world.now)


def work(world: World, gateway: Gateway, *, limit: int = 100) -> int:
    return process_notifications(
        world.store, {gateway.name: gateway}, at=world.now, policy=world.policy, limit=limit
    )


def kept(world: World) -> list[tuple[str, str, int, str | None]]:
    """Id, state, tries and note of every webhook."""
    return [
        (row[0], row[1], row[2], row[3])
        for row in world.rows("SELECT event_id, state, tries, note FROM gateway_event ORDER BY event_id")
    ]


def in_doubt(world: World, gateway: Sender, *names: str) -> dict[str, str]:
    """Accounts whose charge was taken while its answer was lost. Their references by name."""
    gateway.loses = len(names)
    return charged(world, gateway, *names)


def charged(world: World, gateway: Sender, *names: str) -> dict[str, str]:
    """Accounts over their threshold, charged once. Their references by name."""
    world.open(*names)
    for name in names:
        world.send(
            "payment_method_added", name, method="v", kind="bank_card", gateway="sandbox", method_token="ok"
        )
        world.fee(name, "1000")
        world.charge(gateway)
    found = world.rows(
        "SELECT external_id, CAST(reference AS text) FROM charge_attempt JOIN account a ON a.id = account_id"
    )
    gateway.asked.clear()
    gateway.looked_up.clear()
    return {row[0]: row[1] for row in found}


def states(world: World, *names: str) -> list[str]:
    return [world.attempts(name)[0][1] for name in names]

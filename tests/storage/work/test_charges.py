"""Charges are found by index, whatever they are asked by: there will be millions of them. Rule: R5.6."""

from __future__ import annotations

import re
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy import event

from tests.support.gateways.webhooks_in import Sender, in_doubt, kept, states, tell, work
from tests.support.world import World


@pytest.fixture
def gateway() -> Sender:
    return Sender()


def plans(world: World, gateway: Sender, mentioning: str) -> list[str]:
    """How PostgreSQL carries out the statements of working on webhooks that read these words."""
    sent: list[tuple[str, Any]] = []

    def note(_conn: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if mentioning in statement:
            sent.append((statement, parameters))

    event.listen(world.store.engine, "before_cursor_execute", note)
    try:
        work(world, gateway)
    finally:
        event.remove(world.store.engine, "before_cursor_execute", note)
    found = []
    for statement, parameters in sent:
        with world.store.transaction() as tx:
            # Small tables are read whole anyway; what counts is whether the index can be used.
            tx.exec_driver_sql("SET LOCAL enable_seqscan = off")
            found.append("\n".join(row[0] for row in tx.exec_driver_sql(f"EXPLAIN {statement}", parameters)))
    return found


def test_webhooks_find_their_charge_by_an_index(world, gateway, shared_owner_url):
    references = in_doubt(world, gateway, "a")
    with world.store.transaction() as tx:
        tx.exec_driver_sql(
            """INSERT INTO charge_attempt (account_id, attempt_no, reason, cycle, method_id, gateway, customer_token,
                   method_token, amount_minor, currency, state, created_at, sent_at, charged_minor, finished_at,
                   gateway_ref)
               SELECT account_id, n, 'threshold', cycle, method_id, gateway, '', 'ok', 1, 'USD', 'succeeded',
                      created_at, created_at - n * interval '1 hour', 1, created_at, 'old-' || n
               FROM charge_attempt, generate_series(2, 5000) AS n"""
        )
    with psycopg.connect(shared_owner_url, autocommit=True) as owner:
        owner.execute("ANALYZE charge_attempt")
    tell(world, gateway, "e1", reference=references["a"], ref="g-1")
    tell(world, gateway, "e2", reference=None, ref="g-2")
    (plan,) = plans(world, gateway, "JOIN account acc ON acc.id = a.account_id")
    assert "Seq Scan on charge_attempt" not in plan, plan
    assert {"charge_attempt_reference_key", "charge_gateway_ref"} <= set(re.findall(r"using (\w+)", plan)), (
        plan
    )


def test_references_in_any_spelling_and_none_of_ours(world, gateway):
    references = in_doubt(world, gateway, "a", "b")
    tell(world, gateway, "e1", reference=references["a"].upper(), ref="g-1")
    tell(world, gateway, "e2", reference="INV-2026-0001", ref="g-2")
    tell(world, gateway, "e3", reference=str(uuid4()), ref="g-2")
    work(world, gateway)
    assert states(world, "a", "b") == ["succeeded", "unknown"]
    ignored = ("ignored", 1, "not about a charge of ours")
    assert kept(world) == [("e1", "done", 1, None), ("e2", *ignored), ("e3", *ignored)]

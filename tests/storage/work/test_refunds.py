"""Refunds on their way are found by index among all that ever were. Rule: R7.3."""

from __future__ import annotations

from typing import Any

import psycopg
from sqlalchemy import event

from settlement.queries import refunds
from tests.support.gateways.webhooks_in import Sender
from tests.support.refunds import charged, refund


def test_how_many_are_on_their_way_is_not_asked_of_all_that_ever_were(world, shared_owner_url):
    charged(world, Sender(), "a")
    refund(world, "1")
    with world.store.transaction() as tx:
        tx.exec_driver_sql(
            """INSERT INTO gateway_refund (account_id, refund_no, inbox_id, attempt_no, gateway, charge_ref,
                   amount_minor, currency, state, created_at, sent_at, gateway_ref, finished_at)
               SELECT account_id, n, inbox_id, attempt_no, gateway, charge_ref, 1, currency, 'succeeded', created_at,
                      created_at, 'old-' || n, created_at
               FROM gateway_refund, generate_series(2, 5000) AS n"""
        )
    with psycopg.connect(shared_owner_url, autocommit=True) as owner:
        owner.execute("ANALYZE gateway_refund")
    sent: list[tuple[str, Any]] = []

    def note(_conn: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        sent.append((statement, parameters))

    with world.store.transaction() as tx:
        event.listen(world.store.engine, "before_cursor_execute", note)
        found = refunds.counts(tx, operator_after=3)
        event.remove(world.store.engine, "before_cursor_execute", note)
        ((statement, parameters),) = sent
        plan = "\n".join(row[0] for row in tx.exec_driver_sql(f"EXPLAIN {statement}", parameters))
    assert found.waiting == 1
    assert "gateway_refund_on_its_way" in plan, plan

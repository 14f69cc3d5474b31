"""The checker: reads the producers' journal and the database, and nothing else. `python -m chaos.checker FOLDER URL`.

It has its own SQL and its own idea of the calendar, and imports nothing of the product.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import psycopg

from chaos.proof.calendar import check_calendar
from chaos.proof.events import check_events, read_journal
from chaos.proof.gateways import check_gateways
from chaos.proof.tables import CHECKS
from chaos.proof.verdict import Verdict

COUNTED = (
    "account",
    "bill",
    "repayment",
    "ledger_transfer",
    "charge_attempt",
    "gateway_refund",
    "gateway_event",
    "outbox",
    "schedule_slot",
)


def check(folder: Path, url: str) -> Verdict:
    """Everything, by the journals of this folder and this database."""
    verdict = Verdict()
    journal = read_journal(folder, verdict)
    with psycopg.connect(url) as connection:
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        check_events(connection, journal, verdict)
        for sentence, query in CHECKS.items():
            verdict.fault(sentence, connection.execute(query).fetchall())
        check_calendar(connection, verdict)
        check_gateways(connection, folder, verdict)
        verdict.counts |= {table: _one(connection, f"SELECT count(*) FROM {table}") for table in COUNTED}
        verdict.counts["bills issued"] = _one(
            connection, "SELECT count(*) FROM bill WHERE state <> 'accruing'"
        )
    return verdict


def _one(connection: psycopg.Connection, query: str) -> int:
    found = connection.execute(query).fetchone()
    return int(found[0]) if found else 0


if __name__ == "__main__":
    found = check(Path(sys.argv[1]), sys.argv[2])
    sys.stdout.write(json.dumps(found.as_json(), indent=2) + "\n")
    sys.exit(0 if found.is_good else 5)

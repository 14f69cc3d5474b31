"""The checker finds what was planted, and nothing where nothing is wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from chaos.checker import check
from chaos.journal import Journal
from chaos.proof.verdict import Verdict
from tests.support.world import World

CLOCK = "UPDATE test_clock SET now_at = '2026-11-03T00:00:00Z'"
# By the sentence that it contradicts.
PLANTED = {
    "every accepted event took effect": "UPDATE inbox SET state = 'waiting' WHERE type = 'top_up'",
    "no event took effect twice": """
        INSERT INTO ledger_transfer (account_id, debit, credit, amount_minor, currency, cause, posted_at)
        SELECT account_id, debit, credit, amount_minor, currency, cause, posted_at FROM ledger_transfer
        WHERE debit = 'bank_clearing'""",
    "no event came from nowhere": """
        INSERT INTO inbox (source, event_id, type, account, state) VALUES ('chaos', 'ghost', 'top_up', 'a', 'done')""",
    "cash is the sum of its entries": "UPDATE account SET cash_minor = cash_minor + 1",
    "a bill accrued exactly its fees": "UPDATE bill SET accrued = accrued + 1 WHERE state = 'accruing'",
    "an issued bill is its fees, rounded down once": "UPDATE bill SET dropped = 0 WHERE state <> 'accruing'",
    "a bill was announced as issued once": """
        INSERT INTO outbox (account_id, topic, payload, correlation_id, created_at, published_at)
        SELECT account_id, topic, payload, correlation_id, created_at, now() FROM outbox WHERE topic = 'bill.issued'""",
    "no hold is left": "INSERT INTO write_off_hold (account_id, reason, held_at) SELECT id, 'x', now() FROM account",
    "no month_close was missed": "DELETE FROM schedule_slot WHERE job = 'month_close'",
    "no daily check was missed": """
        DELETE FROM schedule_slot WHERE job = 'daily_check' AND logical_at = '2026-10-20T16:00:00Z'""",
    "no slot is open": "UPDATE schedule_slot SET state = 'owed', finished_at = NULL WHERE state = 'done'",
    "no announcement waits": "UPDATE outbox SET published_at = NULL",
}  # fmt: skip


@pytest.fixture
def journal(world: World, tmp_path: Path) -> Path:
    """A month of one account, as a run would leave it, and the journal of its events."""
    sent: list[dict[str, Any]] = [
        world.message("account_opened", "a", currency="USD"),
        world.message("top_up", "a", amount="10.00", currency="USD"),
        world.message("fees", "a", fees=[fee("f-1", "7.125", "2026-10-10T00:00:00Z")]),
    ]
    world.receive(*sent)
    world.drain()
    world.tick()
    world.at("2026-11-03 00:00").tick()
    sent.append(world.message("fees", "a", fees=[fee("f-2", "1.5", "2026-11-02T00:00:00Z")]))
    world.receive(sent[-1])
    world.drain()
    for statement in (CLOCK, "UPDATE outbox SET published_at = now()"):
        execute(world, statement)
    book = Journal(tmp_path / "journal-0.jsonl")
    book.accepted("sql", sent[:2])
    book.accepted("stream", sent[1:])
    book.close()
    return tmp_path


def fee(name: str, amount: str, incurred_at: str) -> dict[str, str]:
    return {"id": name, "amount": amount, "currency": "USD", "product": "ECS", "incurred_at": incurred_at}


def execute(world: World, statement: str) -> None:
    with world.store.transaction() as tx:
        tx.exec_driver_sql(statement)


def verdict_of(journal: Path, url: str) -> Verdict:
    return check(journal, url)


def test_where_nothing_is_wrong_nothing_is_found(journal: Path, shared_url: str) -> None:
    verdict = verdict_of(journal, shared_url)
    assert verdict.faults == {}
    assert verdict.events == {"promised": 4}
    assert verdict.copies == {"sql": 2, "stream": 3}


@pytest.mark.parametrize("sentence", PLANTED)
def test_what_is_planted_is_found(journal: Path, world: World, shared_url: str, sentence: str) -> None:
    execute(world, PLANTED[sentence])
    assert sentence in verdict_of(journal, shared_url).faults


def test_what_the_journal_says_was_accepted_and_nobody_has_is_lost(journal: Path, shared_url: str) -> None:
    late = {
        "source": "chaos",
        "event_id": "late",
        "type": "top_up",
        "account": "a",
        "data": {"amount": "1.00"},
    }
    by_name = late | {"event_id": "by-name"}
    destroyed = late | {"event_id": "destroyed"}
    book = Journal(journal / "journal-1.jsonl")
    book.accepted("stream", [late, destroyed])
    book.accepted("name", [by_name])
    book.destroyed("stream", ["destroyed"])
    book.close()
    verdict = verdict_of(journal, shared_url)
    assert verdict.lost == {"promised": 1, "by name": 1, "destroyed": 1}
    assert verdict.faults["every accepted event took effect"] == ["late top_up {'stream': 1}"]


def test_the_checker_imports_nothing_of_the_product() -> None:
    chaos = Path(__file__).parents[2] / "chaos"
    for path in (chaos / "checker.py", chaos / "journal.py", *(chaos / "proof").glob("*.py")):
        text = path.read_text()
        assert not any(
            word in text for word in ("import settlement", "from settlement", "from worker", "from tasks")
        )

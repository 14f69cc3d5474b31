"""The checker finds what was planted, and nothing where nothing is wrong."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from chaos.books.audit import audited, note
from chaos.checker import check
from chaos.journal import Journal
from chaos.proof.verdict import Verdict
from settlement.model.gateway.refund_calls import Refunded
from tests.support.fake_gateway import FakeGateway
from tests.support.refunds import CARD
from tests.support.reversals import look
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
    "what a gateway took back went out once": """
        INSERT INTO ledger_transfer (account_id, debit, debit_ref, credit, amount_minor, currency, cause, posted_at)
        SELECT account_id, debit, debit_ref, credit, amount_minor, currency, cause, posted_at FROM ledger_transfer
        WHERE starts_with(cause, 'reversal:') AND credit = 'gateway_clearing'""",
    "what is owed for it is the sum of its entries": "UPDATE gateway_reversal SET owed_minor = owed_minor + 1",
    "nobody who has cash owes for it": """
        WITH owing AS (UPDATE gateway_reversal SET owed_minor = 1) UPDATE account SET cash_minor = cash_minor + 1""",
    "no refund is open that nobody has to decide": """
        UPDATE gateway_refund SET finished_at = NULL, next_at = now(), state = 'unknown'""",
    "no refund is undecided but for what its gateway took back": """
        UPDATE gateway_refund SET finished_at = NULL, next_at = now(), state = 'unknown', charge_ref = 'another',
            code = 'given_back_already'""",
    "no webhook waits": """
        INSERT INTO gateway_event (gateway, event_id, type, body, received_at, next_at)
        VALUES ('sandbox', 'evt', 'refund.created', '{}', now(), now())""",
    "all charges of the gateways are booked": "UPDATE charge_attempt SET reference = gen_random_uuid()",
    "all charges that are booked were made": "UPDATE charge_attempt SET reference = gen_random_uuid()",
    "charges have the amounts that the gateways have": "UPDATE charge_attempt SET charged_minor = charged_minor + 1",
    "all refunds of the gateways are booked": "UPDATE gateway_refund SET reference = gen_random_uuid()",
    "refunds have the amounts that the gateways have": "UPDATE gateway_refund SET amount_minor = amount_minor - 1",
    "of every charge as much is taken back as is gone at the gateway": "UPDATE charge_attempt SET reversed_minor = 1",
}  # fmt: skip
Ledger = dict[str, list[dict[str, Any]]]
# The same in the book of the gateway.
PLANTED_THERE: dict[str, Callable[[Ledger], object]] = {
    "no charge was made twice": lambda there: there["charges"].append(there["charges"][0]),
    "no refund was made twice": lambda there: there["refunds"].append(there["refunds"][0]),
    "all refunds that are booked were made": lambda there: there["refunds"].pop(0),
    "everything that a gateway took back is booked": lambda there: there["disputes"].append(
        there["disputes"][0] | {"id": "another"}
    ),
    "everything that is booked as taken back was": lambda there: there["disputes"].clear(),
    "what was taken back is booked as it stands at the gateway": lambda there: there["disputes"][0].update(
        status="lost"
    ),
    "of every charge as much is taken back as is gone at the gateway": lambda there: there["disputes"][
        0
    ].update(gone_minor=0),
}


@pytest.fixture
def journal(world: World, tmp_path: Path) -> Path:
    """A month of two accounts, as a run would leave it, the journal of its events, and the book of the gateway, which
    took the payment of one of them back in part: by a refund made there, and for a dispute that is open.
    """
    sent: list[dict[str, Any]] = [
        world.message("account_opened", "a", currency="USD"),
        world.message("top_up", "a", amount="10.00", currency="USD"),
        world.message("fees", "a", fees=[fee("f-1", "7.125", "2026-10-10T00:00:00Z")]),
        world.message("account_opened", "b", currency="USD"),
        world.message("payment_method_added", "b", **CARD),
        world.message("fees", "b", fees=[fee("f-3", "1500", "2026-10-10T00:00:00Z")]),
    ]
    world.receive(*sent)
    world.drain()
    gateway = FakeGateway()
    world.charge(gateway)
    sent.append(world.message("refund", "b", amount="200.00", currency="USD", to="original_method"))
    world.receive(sent[-1])
    world.drain()
    world.give_back(gateway)
    (charge,) = gateway.books
    gateway.refund_there(charge, 10_000, at=world.now)
    gateway.dispute(charge, at=world.now, amount_minor=30_000)
    look(world, gateway)
    (tmp_path / "gateway.json").write_text(json.dumps(ledger_of(gateway)))
    world.tick()
    world.at("2026-11-03 00:00").tick()
    sent.insert(3, world.message("fees", "a", fees=[fee("f-2", "1.5", "2026-11-02T00:00:00Z")]))
    world.receive(sent[3])
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


def ledger_of(gateway: FakeGateway) -> Ledger:
    """Its book, as the stand-in for gateways shows it."""
    charge_of = {asked.reference: asked.charge_ref for asked in gateway.refunds_asked}
    taken_back: Ledger = {"refund": [], "dispute": []}
    for one in gateway.reversals.values():
        taken_back[one.kind].append(
            {
                "gateway": one.gateway, "id": one.gateway_ref, "reference": "", "charge_id": one.charge_ref,
                "amount_minor": one.amount_minor, "status": one.state,
                "gone_minor": one.amount_minor if one.funds == "withdrawn" else 0,
            }
        )  # fmt: skip
    charges = [
        {"reference": reference, "amount_minor": charge.amount_minor}
        for reference, charge in gateway.books.items()
    ]
    ours = [
        {
            "reference": reference,
            "charge_id": charge_of[reference],
            "amount_minor": made.amount_minor,
            "status": "succeeded",
        }
        for reference, made in gateway.refunds.items()
        if isinstance(made, Refunded)
    ]
    return {"charges": charges, "refunds": ours + taken_back["refund"], "disputes": taken_back["dispute"]}


def execute(world: World, statement: str) -> None:
    with world.store.transaction() as tx:
        tx.exec_driver_sql(statement)


def verdict_of(journal: Path, url: str) -> Verdict:
    return check(journal, url)


def test_where_nothing_is_wrong_nothing_is_found(journal: Path, shared_url: str) -> None:
    verdict = verdict_of(journal, shared_url)
    assert verdict.faults == {}
    assert verdict.events == {"promised": 8}
    assert verdict.copies == {"sql": 2, "stream": 7}
    assert verdict.counts["taken back by gateways"] == 2


@pytest.mark.parametrize("sentence", PLANTED)
def test_what_is_planted_is_found(journal: Path, world: World, shared_url: str, sentence: str) -> None:
    execute(world, PLANTED[sentence])
    assert sentence in verdict_of(journal, shared_url).faults


@pytest.mark.parametrize("sentence", PLANTED_THERE)
def test_what_is_planted_at_the_gateway_is_found(journal: Path, shared_url: str, sentence: str) -> None:
    book = journal / "gateway.json"
    ledger = json.loads(book.read_text())
    PLANTED_THERE[sentence](ledger)
    book.write_text(json.dumps(ledger))
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


def test_what_the_audit_finds_is_a_fault_of_the_run(journal: Path, world: World, shared_url: str) -> None:
    verdict = verdict_of(journal, shared_url)
    note(audited(shared_url, at=world.now), verdict)
    assert verdict.is_good, verdict.faults
    # What only the audit asks about.
    execute(world, "UPDATE account SET funds_since = '2026-10-01' WHERE external_id = 'a'")
    assert verdict_of(journal, shared_url).is_good
    note(audited(shared_url, at=world.now), verdict)
    assert [sentence.partition(":")[0] for sentence in verdict.faults] == ["audit, funds_dated"]


def test_the_checker_imports_nothing_of_the_product() -> None:
    chaos = Path(__file__).parents[2] / "chaos"
    for path in (chaos / "checker.py", chaos / "journal.py", *(chaos / "proof").glob("*.py")):
        text = path.read_text()
        assert not any(
            word in text for word in ("import settlement", "from settlement", "from worker", "from tasks")
        )

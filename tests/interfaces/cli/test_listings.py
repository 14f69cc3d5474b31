"""What every listing prints, as text, as JSON and as CSV, kept in files: keys, titles and columns are a contract.

`WRITE_LISTINGS=1` writes the files anew; read the difference before it is committed. What the clock of the
host or chance decides is masked: today's instants, references, how long something took.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from settlement.storage.store import Store
from settlement.storage.work import quarantine
from settlement.storage.work.quarantine import Misfit
from tests.interfaces.cli.conftest import Cli

LISTINGS = Path(__file__).parent / "listings"
FEE = {
    "id": "big",
    "amount": "1500",
    "currency": "USD",
    "product": "compute",
    "incurred_at": "2026-10-10T00:00:00Z",
}
CARD = ("--kind", "bank_card", "--gateway", "sandbox", "--token")
MONEY = ("--currency", "USD", "--now")

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_HOLIDAYS = re.compile(r"holidays \d[\d.]*\d")
# The one notation of an instant, and whatever else has a time of day in it.
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
_TIME_OF_DAY = re.compile(r"\b\d\d:\d\d\b")
# What happens while the test runs is dated by the real clock.
_WHILE_IT_RUNS = timedelta(minutes=10)


class Printer:
    """Prints commands into a text in which nothing is left to chance."""

    def __init__(self, cli: Cli) -> None:
        self.lines: list[str] = []
        self._cli = cli
        self._names: dict[str, str] = {}

    def __call__(self, *arguments: str, only_text: bool = False) -> None:
        """Prints a command's text and its JSON, keys in the order of the alphabet."""
        printed = self._cli(*arguments)
        self.lines += ["$ settle " + " ".join(arguments), printed.out.rstrip("\n")]
        if printed.err:
            self.lines.append(printed.err.rstrip("\n"))
        if not only_text:
            self.lines.append(json.dumps(self._cli.json(*arguments), sort_keys=True))
        self.lines.append("")

    def text(self) -> str:
        """All of it, masked."""
        text = "\n".join(self.lines)
        text = _UUID.sub(
            lambda match: self._names.setdefault(match[0], f"reference-{len(self._names) + 1}"), text
        )
        return _HOLIDAYS.sub("holidays VERSION", _INSTANT.sub(_masked, text))


def _masked(instant: re.Match[str]) -> str:
    at = datetime.fromisoformat(instant[0])
    return "TODAY" if abs(at - datetime.now(UTC)) < _WHILE_IT_RUNS else instant[0]


def credit(cli: Cli, show: Printer) -> None:
    """Bills, what pays them, by when."""
    cli("terms", "agree", "beta", "--from", "2026-10", "--days", "3")
    cli("terms", "agree", "beta", "--from", "2027-01", "--until", "2027-06", "--days", "5", "--quarterly",
        "--business", "--country", "CN", "--closing-day", "2027-02-05")  # fmt: skip
    cli("coupons", "grant", "acme:eu", "SPRING", "--amount", "5.00", "--until", "2026-12-01")
    cli("coupons", "grant", "beta", "ONCE", "--amount", "4", "--until", "2026-12-01", "--kind", "single_use",
        "--from", "2026-11-20")  # fmt: skip
    card = {"card": "gift", "valid_from": "2026-10-01T00:00:00Z", "valid_until": "2026-12-01T00:00:00Z"}
    cli("emit", "card_activated", "--account", "beta", "--amount", "7.00", *MONEY,
        "--data", json.dumps(card | {"products": ["storage"], "orders": ["o-1"]}))  # fmt: skip
    cli(
        "emit",
        "card_activated",
        "--account",
        "acme:eu",
        "--amount",
        "9.00",
        *MONEY,
        "--data",
        json.dumps(card),
    )
    cli("emit", "refund", "--account", "beta", "--amount", "3.00", *MONEY, "--data", '{"cycle": "2026-11"}')
    cli("emit", "account_changed", "--account", "beta", "--now", "--data",
        '{"hold": {"reason": "dispute", "ref": "case 7"}, "frozen_amount": "1.00", "currency": "USD"}')  # fmt: skip
    cli("accounts", "watch", "beta", "--below", "50.00")
    cli("clock", "set", "2026-11-08T09:00", "--run")
    show("accounts", "list")
    show("accounts", "list", "--limit", "2")
    for account in ("acme:eu", "beta", "gamma"):
        show("accounts", "show", account)
        show("bills", "show", f"{account}:2026-10")
        show("explain", account)
    show("bills", "list")
    show("bills", "list", "--limit", "1")
    show("overdue", "list", "--upcoming")
    show("overdue", "list", "--account", "gamma")
    show("terms", "list", "beta")
    show("cards", "list", "acme:eu", "--all")
    show("cards", "list", "beta")
    show("coupons", "list", "acme:eu", "--all")
    show("coupons", "list", "beta")
    show("repayments", "list")
    show("repayments", "list", "--limit", "1")
    show("repayments", "show", "acme:eu:2026-10@close:2026-10")
    show("repayments", "export", only_text=True)
    show("statements", "show", "acme:eu", "--cycle", "2026-10")
    show("statements", "show", "beta", "--cycle", "2026-11")
    show("statements", "export", "--cycle", "2026-10", "--csv", only_text=True)
    show("month-close", "--cycle", "2026-11", "--dry-run")


def gateway(cli: Cli, show: Printer) -> None:
    """Methods, charges, refunds, what a gateway's books say otherwise."""
    fees = json.dumps({"fees": [FEE]})
    cli("methods", "add", "acme:eu", "visa", *CARD, "tok_ok")
    cli("methods", "add", "acme:eu", "pp", "--kind", "paypal", "--gateway", "sandbox", "--token", "tok_ok_2",
        "--threshold", "200.00", "--currency", "USD", "--no-default")  # fmt: skip
    cli("methods", "add", "acme:eu", "old", *CARD, "tok_ok_3", "--no-default")
    cli("methods", "remove", "acme:eu", "old")
    cli("emit", "fees", "--account", "acme:eu", "--data", fees, "--now")
    show("charges", "list")
    cli("charges", "run")
    cli("emit", "refund", "--account", "acme:eu", "--amount", "30.00", "--event-id", "back", *MONEY,
        "--data", '{"to": "original_method"}')  # fmt: skip
    show("refunds", "list")
    show("accounts", "show", "acme:eu")
    charge = cli.json("charges", "list")["charges"][0]["charge"]
    refund = cli.json("refunds", "list")["refunds"][0]["refund"]
    show("charges", "show", charge)
    show("refunds", "show", refund)
    cli("emit", "account_opened", "--account", "delta", *MONEY)
    cli("methods", "add", "delta", "visa", *CARD, "tok_ok")
    cli("emit", "fees", "--account", "delta", "--data", fees, "--now")
    cli.as_owner("UPDATE charge_attempt SET gateway_ref = 'their-1' WHERE state = 'succeeded'")
    cli.as_owner("UPDATE charge_attempt SET state = 'unknown', asks = 2, sent_at = created_at, message = 'no answer',"
                 " next_at = '2026-10-21T00:00:00Z' WHERE state = 'waiting'")  # fmt: skip
    cli.as_owner("UPDATE gateway_refund SET state = 'unknown', asks = 2, sent_at = created_at, code = 'timeout',"
                 " next_at = '2026-10-21T00:00:00Z' WHERE state = 'waiting'")  # fmt: skip
    doubt = cli.json("charges", "list", "--unknown")["charges"][0]["charge"]
    show("charges", "list", "--unknown")
    show("charges", "list", "--limit", "1")
    show("charges", "show", doubt)
    show("refunds", "list", "--unknown")
    show("refunds", "show", refund)
    cli.as_owner("UPDATE charge_attempt SET state = 'requires_action', action_url = 'https://pay.example/1' "
                 "WHERE state = 'unknown'")  # fmt: skip
    show("charges", "list", "--payer")
    show("charges", "show", doubt)
    cli("methods", "add", "beta", "visa", *CARD, "lost_or_not")
    cli("methods", "verify", "beta", "visa")
    cli.as_owner(
        "UPDATE pre_authorization SET state = 'unknown', sent_at = created_at, message = 'no answer'"
    )
    show("methods", "holds")
    show("methods", "list", "acme:eu", "--removed")
    cli.as_owner("INSERT INTO reconciliation (gateway, day, since, until, ours, theirs, differences, finished_at) "
                 "VALUES ('stripe', '2026-10-18', '2026-10-17T16:00Z', '2026-10-18T16:00Z', "
                 "1, 2, 1, '2026-10-20Z')")  # fmt: skip
    cli.as_owner("INSERT INTO reconciliation_difference (gateway, kind, reference, gateway_ref, account_id, currency, "
                 "ours_minor, theirs_minor, found_at) SELECT 'stripe', 'amount_differs', 'r-1', 'their-2', id, 'USD', "
                 "100, 200, '2026-10-20T00:00Z' FROM account WHERE external_id = 'beta'")  # fmt: skip
    cli.as_owner("INSERT INTO reconciliation_difference (gateway, kind, reference, gateway_ref, currency, theirs_minor,"
                 "found_at) VALUES ('stripe', 'missing_here', 'r-2', '', 'JPY', 200, '2026-10-19T00:00Z')")  # fmt: skip
    cli.as_owner("INSERT INTO schedule_slot (job, logical_at, state, reason, finished_at) "
                 "VALUES ('reconcile:stripe', '2026-10-16T16:00Z', 'skipped', 'too old', '2026-10-20Z')")  # fmt: skip
    show("reconcile", "list")


def people(cli: Cli, show: Printer) -> None:
    """Manual payments, relationships, transfers, unified settlements."""
    for member in ("beta", "m2"):
        if member == "m2":
            cli("emit", "account_opened", "--account", "m2", *MONEY)
        cli("relationships", "request", "acme:eu", member)
        show("relationships", "list")
        cli("relationships", "accept", "acme:eu", member)
    show("relationships", "list", "--limit", "1")
    show("transfer", "acme:eu", "m2", "5.00", "--yes", "--idempotency-key", "t1")
    show("accounts", "show", "m2")
    cli("emit", "account_changed", "--account", "beta", "--data", '{"auto_write_off": false}', "--now")
    cli("emit", "top_up", "--account", "beta", "--amount", "10.00", *MONEY)
    cli("methods", "add", "beta", "visa", *CARD, "tok_ok")
    cli("pay", "beta:2026-10", "--amount", "4.00", "--channel", "balance", "--idempotency-key", "p1", "--yes")
    cli("pay", "beta:2026-10", "--amount", "20.00", "--from-balance", "2.00", "--channel", "visa",
        "--idempotency-key", "p2", "--yes")  # fmt: skip
    show("payments", "list")
    show("payments", "list", "--limit", "1")
    show("payments", "show", "beta", "p1")
    show("payments", "show", "beta", "p2")
    cli("payments", "cancel", "beta", "p2", "--yes")
    show("payments", "show", "beta", "p2")
    show("repayments", "list", "--account", "beta")
    show("repayments", "export", "--account", "beta", only_text=True)
    cli("unified", "create", "acme:eu", "u1", "--account", "beta", "--cycle", "2026-10")
    show("unified", "list")
    show("unified", "show", "acme:eu", "u1")
    show("unified", "verify", "acme:eu", "u1")
    show("unified", "export", "acme:eu", "u1", only_text=True)
    cli("relationships", "end", "acme:eu", "m2", "--yes")
    show("relationships", "list", "--all")


def operators(cli: Cli, show: Printer) -> None:
    """Events, messages and accounts that were set aside, runs, the clock."""
    cli("emit", "top_up", "--account", "nobody", "--amount", "1", "--event-id", "lost", *MONEY, code=4)
    show("inbox", "list")
    show("inbox", "list", "--refused", "--limit", "1")
    show("inbox", "show", str(cli.json("inbox", "list", "--refused")["events"][0]["id"]))
    show("inbox", "show", "1")
    store = Store(cli.database_url)
    with store.transaction() as tx:
        for raw, tag, task in (
            (b"\x00\xff not JSON\x1b[31m", "a", None),
            (b'{"x": 1}', "b", "tasks.events.recieve"),
        ):
            digest = hashlib.sha256(raw).digest()
            quarantine.keep(tx, Misfit("events", tag, task, "not_json", "no JSON", raw, len(raw) + 1, digest))
    store.close()
    cli("quarantine", "drop", "2")
    show("quarantine", "list")
    show("quarantine", "list", "--all")
    show("quarantine", "show", "1")
    show("quarantine", "show", "2")
    cli.as_owner("UPDATE account SET parked_at = '2026-11-01T00:00:00Z', parked_reason = 'cash differs' "
                 "WHERE external_id IN ('beta', 'gamma')")  # fmt: skip
    cli("emit", "top_up", "--account", "beta", "--amount", "60.00", *MONEY, code=4)
    show("parked", "list")
    show("parked", "list", "--limit", "1")
    show("accounts", "show", "beta")
    show("parked", "recheck", "beta")
    cli.as_owner("UPDATE run SET created_at = '2026-11-02T04:00:00Z', finished_at = '2026-11-02T04:01:40Z'")
    cli.as_owner("UPDATE run_range SET finished_at = '2026-11-02T04:01:40Z'")
    show("runs", "list")
    show("runs", "show", "1")
    show("clock", "show")


def check(story: Callable[[Cli, Printer], None], cli: Cli) -> None:
    """Holds what a story prints against what it printed when it was last read."""
    printer = Printer(cli)
    story(cli, printer)
    printed = _INSTANT.sub("", "\n".join(line for line in printer.lines if not line.startswith("$")))
    assert _TIME_OF_DAY.findall(printed) == [], "an instant has one notation: RFC 3339"
    kept, text = LISTINGS / f"{story.__name__}.txt", printer.text()
    if os.environ.get("WRITE_LISTINGS"):
        kept.write_text(text)
    assert text == kept.read_text()


def test_bills_and_what_pays_them_keep_their_keys_titles_and_columns(fees: Cli) -> None:
    check(credit, fees)


@pytest.mark.parametrize("story", [gateway, people, operators], ids=lambda story: story.__name__)
def test_listings_keep_their_keys_titles_and_columns(
    issued: Cli, story: Callable[[Cli, Printer], None]
) -> None:
    check(story, issued)

"""The checker: reads the producers' journal and the database, and nothing else. `python -m chaos.checker FOLDER URL`.

It has its own SQL and its own idea of the calendar, and imports nothing of the product.
"""

from __future__ import annotations

import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg

from chaos.checks import CHECKS
from chaos.journal import lines

EXAMPLES = 5
# What may become of an event beside its effect: it is refused, once, for a reason that depends on the order of arrival.
MAY_BE_REFUSED = {"transfer": {"insufficient_funds", "overdue"}, "bill_payment_requested": None}
ZONE = timedelta(hours=8)


@dataclass
class Promised:
    """One event of the journal, with the doors that took it and where copies of it were destroyed."""

    event: dict[str, Any]
    doors: Counter[str] = field(default_factory=Counter)
    destroyed: Counter[str] = field(default_factory=Counter)

    @property
    def counts_as(self) -> str:
        """`promised`; or `by name`, when nothing but Celery had it; or `destroyed`, when the broker's memory had."""
        if self.doors["sql"] or self.doors["stream"] > self.destroyed["stream"]:
            return "promised"
        if self.doors["stream"]:
            return "destroyed"
        return "destroyed" if self.destroyed["name"] else "by name"


@dataclass
class Verdict:
    """What was found. `faults` by what must hold; everything is well when there is none."""

    events: Counter[str] = field(default_factory=Counter)
    copies: Counter[str] = field(default_factory=Counter)
    lost: Counter[str] = field(default_factory=Counter)
    doubled: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    faults: dict[str, list[str]] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)

    @property
    def is_good(self) -> bool:
        """Nothing promised was lost, nothing doubled, and everything that must hold does."""
        return not self.faults

    def fault(self, sentence: str, found: Iterable[object]) -> None:
        """Notes what contradicts a sentence, if anything does."""
        shown = [str(one) for one in found]
        if shown:
            self.faults.setdefault(sentence, []).extend(shown)

    def as_json(self) -> dict[str, Any]:
        """For a report: the faults with their number and some examples."""
        return {
            "events": dict(self.events), "copies": dict(self.copies), "lost": dict(self.lost),
            "doubled": self.doubled, "refused": dict(self.refused), "counts": self.counts,
            "faults": {
                name: {"found": len(found), "examples": found[:EXAMPLES]} for name, found in self.faults.items()
            },
        }  # fmt: skip


def check(folder: Path, url: str) -> Verdict:
    """Everything, by the journals of this folder and this database."""
    verdict = Verdict()
    journal = _read_journal(folder, verdict)
    with psycopg.connect(url) as connection:
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        _check_events(connection, journal, verdict)
        for sentence, query in CHECKS.items():
            verdict.fault(sentence, connection.execute(query).fetchall())
        _check_calendar(connection, verdict)
        _check_charges(connection, folder, verdict)
        verdict.counts = {
            table: _one(connection, f"SELECT count(*) FROM {table}")
            for table in (
                "account",
                "bill",
                "repayment",
                "ledger_transfer",
                "charge_attempt",
                "outbox",
                "schedule_slot",
            )
        }
        verdict.counts["bills issued"] = _one(
            connection, "SELECT count(*) FROM bill WHERE state <> 'accruing'"
        )
    return verdict


def _one(connection: psycopg.Connection, query: str) -> int:
    found = connection.execute(query).fetchone()
    return int(found[0]) if found else 0


def _read_journal(folder: Path, verdict: Verdict) -> dict[str, Promised]:
    journal: dict[str, Promised] = {}
    for line in lines(folder):
        if "accepted" in line:
            for event in line["events"]:
                known = journal.setdefault(event["event_id"], Promised(event))
                known.doors[line["accepted"]] += 1
                verdict.copies[line["accepted"]] += 1
    for line in lines(folder):
        for event_id in line.get("event_ids", ()):
            # What was taken by the broker without the sender's knowing was sent again, and is in the journal by that.
            if event_id in journal:
                journal[event_id].destroyed[line["destroyed"]] += 1
    for promised in journal.values():
        verdict.events[promised.counts_as] += 1
    return journal


# ------------------------------------------------------------------------------------------------ events
def _check_events(connection: psycopg.Connection, journal: Mapping[str, Promised], verdict: Verdict) -> None:
    rows: dict[str, list[tuple[int, str, str | None, int | None]]] = defaultdict(list)
    found = connection.execute("SELECT event_id, id, state::text, reason_code, conflict_of FROM inbox")
    for event_id, inbox_id, state, code, conflict_of in found:
        rows[event_id].append((inbox_id, state, code, conflict_of))
    effects = _effects(connection)
    lost: list[str] = []
    doubled: list[str] = []
    wrong: list[str] = []
    refused: list[str] = []
    for event_id, promised in journal.items():
        kind = promised.event["type"]
        known = rows.pop(event_id, [])
        if not known:
            verdict.lost[promised.counts_as] += 1
            if promised.counts_as == "promised":
                lost.append(f"{event_id} {kind} {dict(promised.doors)}")
            continue
        if len(known) > 1:
            doubled.append(f"{event_id} {kind}: rows {known}")
        inbox_id, state, code, _ = known[0]
        happened = effects.get(inbox_id, Counter())
        if state == "refused" and kind in MAY_BE_REFUSED:
            codes = MAY_BE_REFUSED[kind]
            verdict.refused[f"{kind}: {code}"] += 1
            if happened or not (codes is None or code in codes):
                wrong.append(f"{event_id} {kind} refused as {code}, with effects {dict(happened)}")
        elif state != "done":
            verdict.lost["not done"] += 1
            (refused if state == "refused" else lost).append(f"{event_id} {kind} is {state} {code or ''}")
        else:
            expected = _expected(promised.event)
            if expected is not None and happened != expected:
                more = any(happened[what] > expected[what] for what in happened)
                (doubled if more else lost).append(
                    f"{event_id} {kind}: expected {dict(expected)}, found {dict(happened)}"
                )
    verdict.doubled = len(doubled)
    verdict.fault("every accepted event took effect", lost)
    verdict.fault("no event took effect twice", doubled)
    verdict.fault("no event was refused that should not be", refused)
    verdict.fault("a refused event had no effect", wrong)
    verdict.fault("no event came from nowhere", rows)


def _effects(connection: psycopg.Connection) -> dict[int, Counter[str]]:
    """By the row of the inbox: what was booked because of it, as sums and numbers."""
    found: dict[int, Counter[str]] = defaultdict(Counter)
    queries = {
        # Where money came from outside, or from another account, because of an event.
        "money": """
            SELECT substr(cause, 7)::bigint, debit || ' ' || credit, sum(amount_minor), count(*) FROM ledger_transfer
            WHERE cause LIKE 'event:%' AND (debit IN ('bank_clearing', 'card_grant', 'refund_grant', 'coupon_grant')
                  OR 'transfer_clearing' IN (debit, credit)) GROUP BY 1, 2""",
        "fees": "SELECT inbox_id, 'fee', sum(amount), count(*) FROM fee WHERE inbox_id IS NOT NULL GROUP BY 1",
        "accounts": "SELECT id, 'account', 0, count(*) FROM account GROUP BY 1",
        "cards": "SELECT id, 'card', 0, count(*) FROM stored_value_card GROUP BY 1",
        "coupons": "SELECT id, 'coupon', 0, count(*) FROM coupon GROUP BY 1",
        "methods": "SELECT id, 'method', 0, count(*) FROM payment_method GROUP BY 1",
        "relationships": "SELECT id, 'relationship', 0, count(*) FROM billing_relationship GROUP BY 1",
        "payments": "SELECT id, 'payment', 0, count(*) FROM bill_payment GROUP BY 1",
    }
    for query in queries.values():
        for inbox_id, what, amount, times in connection.execute(query):
            found[inbox_id][what] += times
            if amount:
                found[inbox_id][f"{what} amount"] += amount
    return found


def _expected(event: Mapping[str, Any]) -> Counter[str] | None:
    """What an accepted event brings about, counted as `_effects` does. None: nothing that is counted."""
    data = event["data"]
    kind = event["type"]
    if kind == "fees":
        amounts = [Decimal(fee["amount"]) for fee in data["fees"]]
        total: Any = sum(amounts)
        return Counter({"fee": len(amounts)} | ({"fee amount": total} if total else {}))
    if kind in {"account_opened", "payment_method_added", "relationship_requested", "bill_payment_requested"}:
        names = {
            "account_opened": "account",
            "payment_method_added": "method",
            "relationship_requested": "relationship",
        }
        return Counter({names.get(kind, "payment"): 1})
    if "amount" not in data:
        return None
    moves = {
        "top_up": ["bank_clearing cash"],
        "refund": ["refund_grant cash" if data.get("to") == "cash" else "refund_grant refund"],
        "card_activated": ["card_grant card"],
        "coupon_granted": ["coupon_grant coupon"],
        "transfer": ["cash transfer_clearing", "transfer_clearing cash"],
    }[kind]
    minor = int(Decimal(data["amount"]) * 100)
    expected: Counter[str] = Counter()
    for move in moves:
        expected += Counter({move: 1, f"{move} amount": minor})
    if kind in {"card_activated", "coupon_granted"}:
        expected["card" if kind == "card_activated" else "coupon"] = 1
    return expected


# ------------------------------------------------------------------------------------------------ calendar
def _check_calendar(connection: psycopg.Connection, verdict: Verdict) -> None:
    """Between the start of the system and where its clock stands, every instant has its slot, and no other has one."""
    now: datetime = connection.execute("SELECT now_at FROM test_clock").fetchone()[0]  # type: ignore[index]
    found: dict[str, list[datetime]] = defaultdict(list)
    for job, instant in connection.execute("SELECT job, logical_at FROM schedule_slot ORDER BY 1, 2"):
        found[job].append(instant)
    first = connection.execute("SELECT min(cycle) FROM bill").fetchone()[0]  # type: ignore[index]
    for job in ("month_end_sweep", "month_close"):
        owed = [instant for instant in _monthly(first, job, now) if instant <= now]
        verdict.fault(f"no {job} was missed", [str(one) for one in owed if one not in found[job]])
        verdict.fault(f"no {job} was at a wrong instant", [str(one) for one in found[job] if one not in owed])
    days = found["daily_check"]
    if not days:
        verdict.fault("no daily check was missed", ["all of them"])
        return
    expected = []
    day = days[0]
    while day <= now:
        expected.append(day)
        day += timedelta(days=1)
    verdict.fault("no daily check was missed", [str(one) for one in expected if one not in days])
    verdict.fault("no daily check was at a wrong instant", [str(one) for one in days if one not in expected])
    overdue = connection.execute(
        "SELECT account_id, cycle FROM bill WHERE state = 'accruing' AND cycle < %s", [_last_issued(now)]
    ).fetchall()
    verdict.fault("every bill that is due was issued", overdue)


def _monthly(first: int, job: str, until: datetime) -> Iterable[datetime]:
    year, month = divmod(first, 100)
    while True:
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)
        begin = datetime(year, month, 1, tzinfo=UTC) - ZONE
        if begin > until + timedelta(days=40):
            return
        yield begin - timedelta(hours=1) if job == "month_end_sweep" else begin + timedelta(days=1, hours=12)


def _last_issued(now: datetime) -> int:
    """The first cycle whose bills need not be issued yet, YYYYMM."""
    local = now + ZONE
    year, month = local.year, local.month
    if (local.day, local.hour) < (2, 12):
        year, month = (year, month - 1) if month > 1 else (year - 1, 12)
    return year * 100 + month


# ------------------------------------------------------------------------------------------------ charges
def _check_charges(connection: psycopg.Connection, folder: Path, verdict: Verdict) -> None:
    """The gateway's own book beside ours: the same references, each once, with the same amounts."""
    book = folder / "gateway.json"
    if not book.exists():
        return
    charges = json.loads(book.read_text())["charges"]
    times = Counter(charge["reference"] for charge in charges)
    theirs = {charge["reference"]: charge["amount_minor"] for charge in charges}
    ours = {
        str(reference): charged
        for reference, charged in connection.execute(
            "SELECT reference, charged_minor FROM charge_attempt WHERE state = 'succeeded'"
        )
    }
    verdict.fault("no charge was made twice", [reference for reference, made in times.items() if made > 1])
    verdict.fault("every charge of the gateway is booked", [one for one in theirs if one not in ours])
    verdict.fault("every charge that is booked was made", [one for one in ours if one not in theirs])
    verdict.fault(
        "charges have the amounts that the gateway took",
        [one for one in ours if one in theirs and ours[one] != theirs[one]],
    )


if __name__ == "__main__":
    found = check(Path(sys.argv[1]), sys.argv[2])
    sys.stdout.write(json.dumps(found.as_json(), indent=2) + "\n")
    sys.exit(0 if found.is_good else 5)

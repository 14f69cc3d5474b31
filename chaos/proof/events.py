"""Every event of the journal against what the database has of it: its row, its outcome, what was booked by it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg

from chaos.journal import lines
from chaos.proof.verdict import Verdict

# A refund that goes back the way the money came, as far as charges can take it.
TO_METHOD = "refund to original_method"
# What may become of an event beside its effect: it is refused, once, for a reason that depends on the order of arrival.
MAY_BE_REFUSED = {
    "transfer": {"insufficient_funds", "overdue"}, "bill_payment_requested": None, TO_METHOD: {"given_back_already"},
}  # fmt: skip


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


def read_journal(folder: Path, verdict: Verdict) -> dict[str, Promised]:
    """What the senders wrote down, by the event's id; counted into the verdict."""
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


def check_events(connection: psycopg.Connection, journal: Mapping[str, Promised], verdict: Verdict) -> None:
    """Every promised event took effect once, or was refused once where it may be."""
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
        kind = _kind(promised.event)
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
            if kind == TO_METHOD:
                happened = _given_back(happened)
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
        "refunds": "SELECT inbox_id, 'refund', sum(amount_minor), count(*) FROM gateway_refund GROUP BY 1",
        "payments": "SELECT id, 'payment', 0, count(*) FROM bill_payment GROUP BY 1",
    }
    for query in queries.values():
        for inbox_id, what, amount, times in connection.execute(query):
            found[inbox_id][what] += times
            if amount:
                found[inbox_id][f"{what} amount"] += amount
    return found


def _kind(event: Mapping[str, Any]) -> str:
    return TO_METHOD if event["data"].get("to") == "original_method" else str(event["type"])


def _given_back(happened: Counter[str]) -> Counter[str]:
    """Each part that goes back to a method is a refund of its own, and the rest is cash: what counts is the sum."""
    back, cash = "refund_grant refunding", "refund_grant cash"
    is_sound = happened[cash] <= 1 and all(
        happened[f"{back}{figure}"] == happened[f"refund{figure}"] for figure in ("", " amount")
    )
    total = happened[f"{back} amount"] + happened[f"{cash} amount"]
    return Counter({"given back": total}) if is_sound else happened


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
    minor = int(Decimal(data["amount"]) * 100)
    if _kind(event) == TO_METHOD:
        return Counter({"given back": minor})
    moves = {
        "top_up": ["bank_clearing cash"],
        "refund": ["refund_grant cash" if data.get("to") == "cash" else "refund_grant refund"],
        "card_activated": ["card_grant card"],
        "coupon_granted": ["coupon_grant coupon"],
        "transfer": ["cash transfer_clearing", "transfer_clearing cash"],
    }[kind]
    expected: Counter[str] = Counter()
    for move in moves:
        expected += Counter({move: 1, f"{move} amount": minor})
    if kind in {"card_activated", "coupon_granted"}:
        expected["card" if kind == "card_activated" else "coupon"] = 1
    return expected

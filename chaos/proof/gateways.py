"""The gateways' own books beside ours: what they took, what we gave back, and what they took back by themselves."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import psycopg

from chaos.proof.verdict import Verdict

Line = Mapping[str, Any]
# A dispute that the payer withdrew is one that we won.
CALLED_HERE = {"cancelled": "won"}


def check_gateways(connection: psycopg.Connection, folder: Path, verdict: Verdict) -> None:
    """Both sides have the same charges, refunds and disputes, each once, with the same amounts."""
    book = folder / "gateway.json"
    if not book.exists():
        return
    ledger = json.loads(book.read_text())
    _check_charges(connection, ledger["charges"], verdict)
    ours = [refund for refund in ledger["refunds"] if refund["reference"]]
    theirs = [
        *(refund | {"kind": "refund"} for refund in ledger["refunds"] if not refund["reference"]),
        *(dispute | {"kind": "dispute"} for dispute in ledger["disputes"]),
    ]
    _check_refunds(connection, ours, {line["charge_id"] for line in theirs}, verdict)
    _check_taken_back(connection, theirs, verdict)


def _check_charges(connection: psycopg.Connection, charges: Sequence[Line], verdict: Verdict) -> None:
    ours = connection.execute(
        "SELECT reference::text, charged_minor FROM charge_attempt WHERE state = 'succeeded'"
    )
    verdict.fault("no charge was made twice", _twice(charges))
    _same("charges", dict(ours.fetchall()), _amounts(charges), verdict)


def _check_refunds(
    connection: psycopg.Connection, refunds: Sequence[Line], taken_back: set[str], verdict: Verdict
) -> None:
    """`taken_back`: the charges of which the gateways took money back. Only of those may a refund be undecided."""
    made = [refund for refund in refunds if refund["status"] != "failed"]
    ours = connection.execute(
        "SELECT reference::text, amount_minor FROM gateway_refund WHERE state = 'succeeded'"
    )
    verdict.fault("no refund was made twice", _twice(made))
    _same("refunds", dict(ours.fetchall()), _amounts(made), verdict)
    undecided = connection.execute(
        "SELECT reference::text, charge_ref, state::text, code FROM gateway_refund WHERE finished_at IS NULL"
    )
    verdict.fault(
        "no refund is undecided but for what its gateway took back",
        [row for row in undecided if _id(row[1]) not in taken_back or row[3] != "given_back_already"],
    )


def _check_taken_back(connection: psycopg.Connection, theirs: Sequence[Line], verdict: Verdict) -> None:
    """What was done at the dashboards, against what is booked of it."""
    found = connection.execute(
        """SELECT r.gateway, r.gateway_ref, r.kind::text, t.gateway_ref, r.amount_minor, r.state::text, r.taken_minor
           FROM gateway_reversal r JOIN charge_attempt t USING (account_id, attempt_no)"""
    ).fetchall()
    ours = {
        (gateway, _id(ref)): (kind, _id(charge), amount, state, taken)
        for gateway, ref, kind, charge, amount, state, taken in found
    }
    booked = {
        (line["gateway"], line["id"]): (
            line["kind"], line["charge_id"], line["amount_minor"],
            CALLED_HERE.get(line["status"], line["status"]), _gone(line),
        )
        for line in theirs
    }  # fmt: skip
    verdict.fault("nothing that a gateway took back is booked twice", range(len(found) - len(ours)))
    verdict.counts["taken back by gateways"] = len(theirs)
    verdict.fault("everything that a gateway took back is booked", [one for one in booked if one not in ours])
    verdict.fault("everything that is booked as taken back was", [one for one in ours if one not in booked])
    verdict.fault(
        "what was taken back is booked as it stands at the gateway",
        [(one, ours[one], booked[one]) for one in ours if one in booked and ours[one] != booked[one]],
    )
    gone: dict[str, int] = defaultdict(int)
    for line in theirs:
        gone[line["charge_id"]] += _gone(line)
    charges = connection.execute(
        "SELECT gateway_ref, reversed_minor FROM charge_attempt WHERE state = 'succeeded'"
    )
    verdict.fault(
        "of every charge as much is taken back as is gone at the gateway",
        [(charge, minor, gone[_id(charge)]) for charge, minor in charges if minor != gone[_id(charge)]],
    )


def _same(what: str, ours: Mapping[str, int], theirs: Mapping[str, int], verdict: Verdict) -> None:
    verdict.fault(f"all {what} of the gateways are booked", [one for one in theirs if one not in ours])
    verdict.fault(f"all {what} that are booked were made", [one for one in ours if one not in theirs])
    verdict.fault(
        f"{what} have the amounts that the gateways have",
        [one for one in ours if one in theirs and ours[one] != theirs[one]],
    )


def _twice(lines: Iterable[Line]) -> list[str]:
    times = Counter(line["reference"] for line in lines)
    return [reference for reference, made in times.items() if made > 1]


def _amounts(lines: Iterable[Line]) -> dict[str, int]:
    return {line["reference"]: line["amount_minor"] for line in lines}


def _gone(line: Line) -> int:
    """How much is gone at the gateway: of a refund all unless it failed, of a dispute what its movements come to."""
    if line["kind"] == "refund":
        return 0 if line["status"] == "failed" else int(line["amount_minor"])
    return int(line["gone_minor"])


def _id(ref: str) -> str:
    """The gateway's own id in a name of ours, which may begin with what kind of object it is of."""
    return ref.rpartition(":")[2]

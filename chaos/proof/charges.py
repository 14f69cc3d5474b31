"""The gateway's own book beside ours."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import psycopg

from chaos.proof.verdict import Verdict


def check_charges(connection: psycopg.Connection, folder: Path, verdict: Verdict) -> None:
    """Both have the same references, each once, with the same amounts."""
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

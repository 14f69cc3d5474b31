"""Stored value cards on the command line."""

from __future__ import annotations

import json
from typing import Any

from tests.interfaces.cli.conftest import Cli

USD = {"currency": "USD"}


def test_cards_show_what_is_left_and_until_when(accounts: Cli) -> None:
    def activate(card: str, since: str, until: str, **more: Any) -> None:
        data = json.dumps({"card": card, "valid_from": since, "valid_until": until, **more})
        accounts(
            "emit",
            "card_activated",
            "--account",
            "beta",
            "--amount",
            "7",
            "--currency",
            "USD",
            "--data",
            data,
            "--now",
        )

    activate("later", "2026-11-01T00:00:00Z", "2027-10-01T00:00:00Z", products=["x"])
    activate("now", "2026-10-01T00:00:00Z", "2026-10-25T00:00:00Z")
    rows = accounts.json("cards", "list", "beta")["cards"]
    assert [(row["card"], row["balance"]["amount"], row["state"], row["products"]) for row in rows] == [
        ("now", "7.00", "valid", None), ("later", "7.00", "not yet", ["x"]),
    ]  # fmt: skip
    accounts("clock", "set", "2026-11-03T00:00", "--run")
    assert [row["card"] for row in accounts.json("cards", "list", "beta")["cards"]] == ["later"]
    text = accounts("cards", "list", "beta", "--all").out.splitlines()
    assert text[0].split() == ["card", "left", "from", "until", "state", "only", "for"]
    assert text[1].startswith("now    0.00 USD")
    assert "expired" in text[1]

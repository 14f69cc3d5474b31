"""`settle parked`: listed with figures, looked at again, released once, announced. Rule: R11.4."""

from __future__ import annotations

import io

import pytest

from tests.interfaces.cli.conftest import Cli

SET_ASIDE = (
    "UPDATE account SET parked_at = '2026-11-01T00:00:00Z', parked_reason = 'cash differs' WHERE external_id"
)


@pytest.fixture
def parked(issued: Cli) -> Cli:
    """`beta` and `gamma` are parked; a top-up of 60.00 USD waits for `beta`."""
    issued.as_owner(f"{SET_ASIDE} IN ('beta', 'gamma')")
    issued("emit", "top_up", "--account", "beta", "--amount", "60.00", "--currency", "USD", "--now", code=4)
    return issued


def test_parked_accounts_are_listed_with_reason_figures_and_since_when(parked: Cli) -> None:
    beta = {
        "account": "beta",
        "currency": "USD",
        "parked_at": "2026-11-01T00:00:00Z",
        "reason": "cash differs",
        "cash": "0.00",
        "frozen": "0.00",
        "outstanding": "60.00",
        "events_waiting": 1,
    }
    first = parked.json("parked", "list", "--limit", "1")
    assert first == {"accounts": [beta], "next": "beta"}
    rest = parked.json("parked", "list", "--after", "beta")
    assert [(one["account"], one["cash"], one["events_waiting"]) for one in rest["accounts"]] == [
        ("gamma", "3800", 0)
    ]
    assert "cash differs" in parked("parked", "list").out
    assert "`settle parked recheck beta`" in parked("accounts", "show", "beta").out


def test_a_recheck_says_what_is_wrong_now_and_releases_only_what_is_whole_and_only_when_told(
    parked: Cli,
) -> None:
    parked.as_owner("UPDATE account SET cash_minor = cash_minor + 5 WHERE external_id = 'gamma'")

    found = parked.json("parked", "recheck", code=5)
    assert (found["whole"], found["released"]) == (["beta"], [])
    (gamma,) = [one for one in found["accounts"] if not one["whole"]]
    assert gamma["account"] == "gamma"
    assert [(fault["check"], fault["figures"]) for fault in gamma["faults"]] == [
        ("cash_balance", {"stored": "3805 JPY", "entries": "3800 JPY"})
    ]
    assert len(parked.json("parked", "list")["accounts"]) == 2

    text = parked("parked", "recheck", "--release", code=5).out
    assert "stored 3805 JPY; entries 3800 JPY" in text
    assert "2 accounts: 1 whole, 1 not; released 1" in text
    assert [one["account"] for one in parked.json("parked", "list")["accounts"]] == ["gamma"]
    parked("tick")
    assert parked.json("bills", "show", "beta:2026-10")["state"] == "settled"


def test_a_release_is_announced_lets_events_follow_and_does_nothing_twice(parked: Cli) -> None:
    answer = parked.json("parked", "release", "beta", "beta", "--yes")
    assert answer == {"accounts": [{"account": "beta", "was_parked": True, "events_waiting_again": 1}]}
    assert ("tasks.events.drain",) in parked.nudges
    parked("tick")
    assert parked.json("bills", "show", "beta:2026-10")["state"] == "settled"

    before = parked.rows("SELECT * FROM inbox ORDER BY id"), parked.rows("SELECT * FROM outbox ORDER BY id")
    assert "nothing was changed" in parked("parked", "release", "beta", "--yes").out
    assert before == (
        parked.rows("SELECT * FROM inbox ORDER BY id"),
        parked.rows("SELECT * FROM outbox ORDER BY id"),
    )
    assert parked.rows("SELECT payload FROM outbox WHERE topic = 'account.released'") == [
        ({"account": "beta", "parked_at": "2026-11-01T00:00:00Z", "reason": "cash differs"},)
    ]


def test_nobody_is_released_without_being_asked_for(parked: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    for answer in ("n\n", ""):
        monkeypatch.setattr("sys.stdin", io.StringIO(answer))
        parked("parked", "release", "beta", code=130)
    assert len(parked.json("parked", "list")["accounts"]) == 2


def test_an_unknown_account_is_refused_and_one_that_is_not_parked_is_passed_over(parked: Cli) -> None:
    assert "nobody" in parked("parked", "release", "nobody", "--yes", code=3).err
    assert "nobody" in parked("parked", "recheck", "nobody", code=3).err
    answer = parked("parked", "recheck", "acme:eu")
    assert "acme:eu is not parked" in answer.err
    assert "looked at 0 accounts" in answer.out

"""Refused events that somebody has dealt with are dismissed: kept, with who and why, counted no more. Rule: R11.1d."""

from __future__ import annotations

from tests.interfaces.cli.conftest import Cli

TOP_UP = ("emit", "top_up", "--account", "nobody", "--amount", "1", "--currency", "USD", "--now")


def refused(cli: Cli, event_id: str) -> str:
    cli(*TOP_UP, "--event-id", event_id, code=4)
    return str(cli.json("inbox", "list", "--refused", "--limit", "1")["events"][0]["id"])


def counted(cli: Cli) -> int:
    """What status and doctor say alike; both end with 6, for there is no broker here."""
    refused = cli.json("status", code=6)["work"]["inbox"]["refused"]
    checks = cli.json("doctor", code=6)["checks"]
    assert [check["said"] for check in checks if check["name"] == "events refused"] == [
        str(refused or "none")
    ]
    return int(refused)


def test_what_was_dealt_with_is_counted_no_more_and_kept_with_who_and_why(accounts: Cli) -> None:
    first, second = refused(accounts, "a"), refused(accounts, "b")
    assert counted(accounts) == 2
    said = ("--because", "sent again under the right account", "--by", "ana")
    assert accounts.json("inbox", "dismiss", first, *said) == {"dismissed": [int(first)]}
    assert counted(accounts) == 1
    assert [str(row["id"]) for row in accounts.json("inbox", "list", "--refused")["events"]] == [second]
    [kept] = accounts.json("inbox", "list", "--dismissed")["events"]
    assert (str(kept["id"]), kept["state"], kept["reason_code"]) == (first, "refused", "unknown_account")
    assert (kept["dismissed_by"], kept["dismissed_because"]) == ("ana", said[1])
    shown = accounts("inbox", "show", first).out
    assert f"{kept['dismissed_at'][:10]}" in shown
    assert "by ana: sent again under the right account" in shown
    assert accounts.json("audit")["violations"] == 0


def test_what_was_dismissed_waits_never_again(accounts: Cli) -> None:
    first = refused(accounts, "a")
    accounts("inbox", "dismiss", first, "--because", "a mistake")
    assert accounts.json("inbox", "replay", "--all") == {"waiting_again": []}
    again = accounts("inbox", "replay", first, code=4).err
    assert "was dismissed by" in again
    assert "a mistake" in again
    assert "was dismissed by" in accounts("inbox", "dismiss", first, "--because", "once more", code=4).err


def test_only_what_was_refused_is_dismissed_all_or_none_and_for_a_reason(accounts: Cli) -> None:
    first = refused(accounts, "a")
    done = str(accounts.json("inbox", "list")["events"][-1]["id"])
    assert (
        "is done, not refused" in accounts("inbox", "dismiss", first, done, "--because", "both", code=3).err
    )
    accounts("inbox", "dismiss", first, "999999", "--because", "both", code=3)
    for reason in (" ", "", "two\nlines"):
        accounts("inbox", "dismiss", first, "--because", reason, code=2)
    assert counted(accounts) == 1

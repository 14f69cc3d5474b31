"""The month close and its runs: refused before its time, previewed without a trace, repeated without effect."""

from __future__ import annotations

import pytest

from tests.interfaces.cli.conftest import Cli

EVERYTHING = """
    SELECT (SELECT json_agg(b ORDER BY account_id, cycle) FROM bill b)::text,
           (SELECT json_agg(a ORDER BY id) FROM account a)::text,
           (SELECT count(*) FROM ledger_transfer), (SELECT count(*) FROM repayment), (SELECT count(*) FROM run),
           (SELECT count(*) FROM schedule_slot), (SELECT count(*) FROM outbox), (SELECT count(*) FROM run_range)"""


@pytest.mark.usefixtures("unchanged")
def test_a_dry_run_shows_what_would_happen_and_writes_nothing(fees: Cli) -> None:
    before = fees.rows(EVERYTHING)
    shown = fees.json("month-close", "--cycle", "2026-10", "--dry-run")
    assert fees.rows(EVERYTHING) == before
    assert (shown["dry_run"], shown["cycle"], shown["accounts"]) == (True, "2026-10", 3)
    assert shown["report"] == {
        "issued": [
            {
                "currency": "JPY",
                "bills": 1,
                "amount": {"amount": "1200", "currency": "JPY"},
                "settled_bills": 1,
            },
            {
                "currency": "USD",
                "bills": 2,
                "amount": {"amount": "90.12", "currency": "USD"},
                "settled_bills": 1,
            },
        ],
        "paid": [
            {"currency": "JPY", "source": "cash", "amount": {"amount": "1200", "currency": "JPY"}},
            {"currency": "USD", "source": "cash", "amount": {"amount": "30.12", "currency": "USD"}},
        ],
        "skipped": {"no_funds": 1},
        "parked_accounts": 0,
    }
    text = fees("month-close", "--cycle", "2026-10", "--dry-run")
    assert "nothing was written" in text.out
    assert "not due yet" in text.err


def test_the_default_month_is_the_last_one_due_and_a_second_close_does_nothing(fees: Cli) -> None:
    fees("clock", "set", "2026-11-02T12:00")
    run = fees.json("month-close")
    assert (run["cycle"], run["state"], run["accounts"], run["accounts_done"]) == ("2026-10", "done", 3, 3)
    before = fees.rows(EVERYTHING)
    again = fees.json("month-close")
    assert (again["run"], again["state"]) == (run["run"], "done")
    assert fees.rows(EVERYTHING) == before


def test_what_was_previewed_is_what_happens(fees: Cli) -> None:
    foreseen = fees.json("month-close", "--cycle", "2026-10", "--dry-run")["report"]
    fees("clock", "set", "2026-11-02T12:00")
    assert fees.json("month-close")["report"] == foreseen


def test_no_wait_starts_the_run_and_tells_the_workers(fees: Cli) -> None:
    fees("clock", "set", "2026-11-02T12:00")
    fees.nudges.clear()
    run = fees.json("month-close", "--no-wait")
    assert (run["state"], run["accounts_done"]) == ("running", 0)
    assert fees.nudges == [("tasks.month_close.work", run["run"])]


def test_a_paused_run_stands_still_until_it_is_resumed(fees: Cli) -> None:
    fees("clock", "set", "2026-11-02T12:00")
    run = str(fees.json("month-close", "--no-wait")["run"])
    assert "paused now" in fees("runs", "pause", run).out
    assert "nothing to pause" in fees("runs", "pause", run).out
    assert fees.json("month-close", code=4)["state"] == "paused"
    for command in (("month-close",), ("month-close", "--no-wait")):
        refused = fees(*command, code=4).err
        assert f"run {run}, the month close of 2026-10, is paused" in refused
        assert f"settle runs resume {run}" in refused
    assert fees.json("runs", "show", run, "--watch")["accounts_done"] == 0
    assert "goes on" in fees("runs", "resume", run).out
    assert fees.json("month-close")["state"] == "done"
    assert [row["state"] for row in fees.json("runs", "list")["runs"]] == ["done"]
    assert "nothing to resume" in fees("runs", "resume", run).out
    assert "month close of 2026-10" in fees("runs", "show", run).out


def test_another_scheduler_starts_it_not_before_its_time_and_finds_it_again(fees: Cli) -> None:
    assert "not before" in fees("runs", "start", "month_close", "--cycle", "2026-10", code=4).err
    fees("clock", "set", "2026-11-02T12:00")
    fees.nudges.clear()
    run = fees.json("runs", "start", "month_close", "--cycle", "2026-10")["run"]
    assert (run["state"], fees.nudges) == ("running", [("tasks.month_close.work", run["run"])])
    assert f"run {run['run']} is running" in fees("runs", "start", "month_close", "--cycle", "2026-10").out
    fees.nudges.clear()
    assert fees.json("runs", "start", "threshold_check") == {"kind": "threshold_check", "run": None}
    assert fees.nudges == [("tasks.collection.look",)]
    assert "must be one of" in fees("runs", "start", "nonsense", code=4).err

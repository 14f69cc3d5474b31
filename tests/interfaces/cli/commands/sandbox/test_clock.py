"""The test clock and the tick: allowed by a setting alone, forwards only, each instant at its own time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from tests.interfaces.cli.conftest import Cli


@pytest.mark.usefixtures("unchanged")
def test_the_clock_is_refused_without_the_setting(cli: Cli, environment: Callable[[str, str], None]) -> None:
    environment("SETTLE_TEST_CLOCK", "0")
    for arguments in (["set", "2026-11-02T12:00"], ["advance", "3d"]):
        assert "SETTLE_TEST_CLOCK=1" in cli("clock", *arguments, code=4).err
    assert cli.json("clock", "show")["allowed"] is False
    assert cli.rows("SELECT now_at::text FROM test_clock") == [("2026-10-20 00:00:00+00",)]


def test_an_instant_without_an_offset_is_local_to_the_billing_zone(cli: Cli) -> None:
    shown = cli.json("clock", "set", "2026-11-02T12:00")
    assert (shown["now"], shown["test_clock"]) == ("2026-11-02T04:00:00Z", "2026-11-02T04:00:00Z")
    assert cli.json("clock", "advance", "--to", "2026-11-02T05:00:00Z")["now"] == "2026-11-02T05:00:00Z"
    assert cli.json("clock", "advance", "1d12h")["now"] == "2026-11-03T17:00:00Z"


def test_the_next_instants_are_the_sweep_and_the_issuance(cli: Cli) -> None:
    assert cli.json("clock", "show")["next"] == [
        {"job": "month_end_sweep", "cycle": "2026-10", "at": "2026-10-31T15:00:00Z"},
        {"job": "month_close", "cycle": "2026-10", "at": "2026-11-02T04:00:00Z"},
    ]
    cli.nudges.clear()
    assert cli.json("clock", "advance", "--to-next")["now"] == "2026-10-31T15:00:00Z"
    shown = cli.json("clock", "advance", "--to-next")
    assert shown["now"] == "2026-11-02T04:00:00Z"
    assert [(one["job"], one["cycle"]) for one in shown["next"]] == [
        ("month_end_sweep", "2026-11"), ("month_close", "2026-11"),
    ]  # fmt: skip
    assert cli.nudges == [("tasks.upkeep.tick",)] * 2


def test_advancing_over_two_months_does_each_at_its_own_instant(fees: Cli) -> None:
    fee = """{"fees": [{"id": "n", "amount": "5", "currency": "USD", "product": "compute",
                        "incurred_at": "2026-11-05T00:00:00Z"}]}"""
    fees("emit", "fees", "--account", "acme:eu", "--data", fee, "--now")
    fees("clock", "advance", "--to", "2026-12-10", "--run")
    bills = fees.json("bills", "list", "--account", "acme:eu")["bills"]
    assert [(bill["bill"], bill["issued_at"]) for bill in bills] == [
        ("acme:eu:2026-10", "2026-11-02T04:00:00Z"), ("acme:eu:2026-11", "2026-12-02T04:00:00Z"),
    ]  # fmt: skip
    assert fees.json("clock", "show")["now"] == "2026-12-09T16:00:00Z"


def test_a_tick_does_what_is_due_and_then_nothing(fees: Cli) -> None:
    fees("clock", "set", "2026-11-02T12:00")
    ticked = fees.json("tick")
    assert [(run["cycle"], run["state"]) for run in ticked["runs"]] == [("2026-10", "done")]
    assert fees("tick").out == "nothing is due\n"


def test_commands_that_book_refuse_a_host_whose_clock_is_away_and_reads_go_on(
    fees: Cli, environment: Callable[[str, str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    environment("SETTLE_TEST_CLOCK", "")
    for place in ("worker.runtime", "interfaces.cli.commands.operations.probes"):
        monkeypatch.setattr(f"{place}.host_now", lambda: datetime.now(UTC) + timedelta(days=4))
    slots = fees.rows("SELECT * FROM schedule_slot")
    for command in (["tick"], ["month-close"], ["charges", "run"]):
        assert "nothing is booked here" in fees(*command, code=6).err
    assert fees.rows("SELECT * FROM schedule_slot") == slots
    assert fees.json("accounts", "show", "beta")["account"] == "beta"
    assert "nothing is booked here" in fees("status", code=6).out
    [clocks] = [check for check in fees.json("doctor", code=6)["checks"] if check["name"] == "clocks"]
    assert (clocks["level"], "nothing is booked here" in clocks["said"]) == ("fail", True)

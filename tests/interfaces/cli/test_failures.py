"""Exit codes and messages: each class of error has its code, names what is wrong, and shows no traceback."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from interfaces.cli.failures import ExitCode, failure_of
from interfaces.cli.main import run
from settlement.errors import Broken
from tests.interfaces.cli.conftest import Cli

HUGE = "9" * 26
NOWHERE = "postgresql://somebody:secret@127.0.0.1:1/settle"


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["bills", "list"], ExitCode.OK, ""),
        (["blls"], ExitCode.USAGE, "Did you mean 'bills'"),
        (["bills", "show", "no-colon"], ExitCode.USAGE, "ACCOUNT:YYYY-MM"),
        (["bills", "show", "a:2026-13"], ExitCode.USAGE, "YYYY-MM, from 1900-01 to 2999-12, not '2026-13'"),
        (["explain", "a:2026-13"], ExitCode.NOT_FOUND, "YYYY-MM, from 1900-01 to 2999-12, not '2026-13'"),
        (["bills", "list", "--limit", "many"], ExitCode.USAGE, "must be a whole number"),
        (["bills", "list", "--limit", HUGE], ExitCode.USAGE, "must be at most 10000"),
        (
            ["terms", "agree", "a", "--from", "2026-11", "--days", "400"],
            ExitCode.USAGE,
            "must be at most 365",
        ),
        (["inbox", "show", HUGE], ExitCode.USAGE, "up to 18 digits"),
        (["inbox", "list", "--after", HUGE], ExitCode.USAGE, "up to 18 digits"),
        (["inbox", "replay", HUGE], ExitCode.USAGE, "up to 18 digits"),
        (["runs", "show", HUGE], ExitCode.USAGE, "up to 18 digits"),
        (["quarantine", "drop", HUGE], ExitCode.USAGE, "up to 18 digits"),
        (["payments", "list", "--after", "x"], ExitCode.USAGE, "up to 18 digits, not 'x'"),
        (["clock", "advance", "99999999w"], ExitCode.USAGE, "is too long"),
        (["clock", "set", "9999-12-31T23:59:59Z"], ExitCode.REFUSED, "from the year 1901 to 2998"),
        (["clock", "set", "0001-01-01"], ExitCode.USAGE, "before the year 1"),
        (["emit", "topup", "--account", "a"], ExitCode.USAGE, "did you mean top_up"),
        (
            ["emit", "top_up", "--account", "a", "--amount", HUGE * 100, "--currency", "USD"],
            ExitCode.REFUSED,
            f"of up to 18 digits, not '{HUGE}{'9' * 13}…",
        ),
        (["month-close", "--cycle", "october"], ExitCode.USAGE, "YYYY-MM"),
        (["clock", "advance", "3 days"], ExitCode.USAGE, "3d"),
        (["clock", "advance"], ExitCode.USAGE, "--to-next"),
        (["inbox", "replay"], ExitCode.USAGE, "--all"),
        (["emit", "topup"], ExitCode.USAGE, "did you mean top_up"),
        (["emit", "none.jsonl"], ExitCode.USAGE, "none.jsonl"),
        (["fees", "import", "none.csv"], ExitCode.USAGE, "none.csv"),
        (["bills", "show", "nobody:2026-10"], ExitCode.NOT_FOUND, "'nobody'"),
        (["bills", "list", "--account", "nobody"], ExitCode.NOT_FOUND, "'nobody'"),
        (["bills", "list", "--after", "nobody:2026-10"], ExitCode.NOT_FOUND, "'nobody'"),
        (["accounts", "show", "nobody"], ExitCode.NOT_FOUND, "'nobody'"),
        (["runs", "show", "7"], ExitCode.NOT_FOUND, "run 7"),
        (["runs", "pause", "7"], ExitCode.NOT_FOUND, "run 7"),
        (["inbox", "show", "7"], ExitCode.NOT_FOUND, "row 7"),
        (["month-close", "--cycle", "2026-10"], ExitCode.REFUSED, "not_due"),
        (["clock", "set", "2020-01-01"], ExitCode.REFUSED, "clock_backwards"),
        (
            ["emit", "top_up", "--account", "a", "--amount", "-1", "--currency", "USD"],
            ExitCode.REFUSED,
            "-1 USD",
        ),
    ],
)
def test_a_command_ends_with_the_code_of_its_outcome_and_says_what_and_where(
    cli: Cli, arguments: list[str], code: ExitCode, said: str
) -> None:
    answer = cli(*arguments, code=code)
    assert said in answer.err
    assert "Traceback" not in answer.err
    assert "Input should" not in answer.err


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["accounts", "show", "nobody"], {"code": "unknown_account", "exit_code": 3, "next": None}),
        (["month-close", "--cycle", "2026-10"], {"code": "not_due", "exit_code": 4, "next": None}),
        (
            ["bills", "list", "--limit", "many"],
            {"code": "usage", "exit_code": 2, "next": "`settle bills list --help` shows how"},
        ),
    ],
)
def test_a_program_reads_an_error_as_an_object(cli: Cli, arguments: list[str], error: dict[str, Any]) -> None:
    answer = cli(*arguments, "--json", code=error["exit_code"])
    assert answer.out == ""
    read = json.loads(answer.err.splitlines()[-1])["error"]
    assert read.pop("message")
    assert read == error


@pytest.mark.usefixtures("unchanged")
def test_a_setting_that_does_not_exist_is_usage_and_the_near_one_is_named(
    cli: Cli, environment: Callable[[str, str], None]
) -> None:
    environment("SETTLE_DATABASE_URI", "x")
    assert "did you mean SETTLE_DATABASE_URL" in cli("bills", "list", code=2).err


def test_a_database_that_is_down_is_six_and_its_password_stays_unsaid(
    environment: Callable[[str, str], None], capsys: pytest.CaptureFixture[str]
) -> None:
    environment("SETTLE_DATABASE_URL", NOWHERE)
    environment("SETTLE_MIGRATION_URL", NOWHERE)
    for arguments in (["bills", "list"], ["accounts", "list"], ["runs", "list"], ["tick"], ["db", "migrate"]):
        assert run(arguments) == ExitCode.UNAVAILABLE
        said = capsys.readouterr().err
        assert "127.0.0.1" in said
        assert "settle doctor" in said
        assert "secret" not in said


def test_embedded_servers_that_were_never_started_are_six_and_up_is_named(
    environment: Callable[[str, str], None], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["accounts", "list"]) == ExitCode.UNAVAILABLE
    assert "settle up" in capsys.readouterr().err


def test_a_connection_that_breaks_in_a_commit_is_seven_and_repeating_is_harmless(cli: Cli) -> None:
    cli.as_owner(
        """CREATE FUNCTION cut() RETURNS trigger LANGUAGE plpgsql AS
           $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$"""
    )
    cli.as_owner(
        """CREATE CONSTRAINT TRIGGER cut AFTER INSERT ON inbox DEFERRABLE INITIALLY DEFERRED
           FOR EACH ROW EXECUTE FUNCTION cut()"""
    )
    event = ("emit", "account_opened", "--account", "a", "--data", '{"currency": "USD"}')
    answer = cli(*event, code=ExitCode.OUTCOME_UNKNOWN)
    event_id = answer.err.split("--event-id ")[1].split()[0]
    cli.as_owner("DROP TRIGGER cut ON inbox")
    cli(*event, "--event-id", event_id, "--now")
    cli(*event, "--event-id", event_id, "--now")
    assert cli.rows("SELECT event_id, state FROM inbox") == [(event_id, "done")]


@pytest.mark.usefixtures("unchanged")
def test_a_schema_that_is_missing_is_an_error_that_names_the_command(
    cli: Cli, postgres, environment: Callable[[str, str], None]
) -> None:
    with postgres.empty_database() as name:
        environment("SETTLE_DATABASE_URL", postgres.owner_url(name))
        assert "settle db migrate" in cli("bills", "list", code=ExitCode.ERROR).err


@pytest.mark.usefixtures("unchanged")
def test_debug_shows_where_an_error_comes_from(cli: Cli) -> None:
    assert "Traceback" in cli("--debug", "accounts", "show", "nobody", code=ExitCode.NOT_FOUND).err


def test_an_error_nobody_foresaw_is_one_and_still_a_sentence() -> None:
    failure = failure_of(RuntimeError("first line\nsecond line"))
    assert (failure.code, failure.message) == (ExitCode.ERROR, "RuntimeError: first line")
    assert failure_of(Broken({3: "cash is wrong"})).code is ExitCode.ERROR


@pytest.mark.usefixtures("unchanged")
def test_ctrl_c_is_one_word(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    def press(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("settlement.queries.bills.bills", press)
    assert cli("bills", "list", code=ExitCode.INTERRUPTED).err.strip() == "interrupted"

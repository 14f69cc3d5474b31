"""Exit codes and messages: each class of error has its code, names what is wrong, and shows no traceback."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from interfaces.cli.failures import ExitCode, failure_of
from interfaces.cli.main import run
from settlement.errors import Broken
from tests.interfaces.cli.conftest import Cli

NOWHERE = "postgresql://somebody:secret@127.0.0.1:1/settle"


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["bills", "list"], ExitCode.OK, ""),
        (["blls"], ExitCode.USAGE, "Did you mean 'bills'"),
        (["bills", "show", "no-colon"], ExitCode.USAGE, "ACCOUNT:YYYY-MM"),
        (["bills", "show", "a:2026-13"], ExitCode.USAGE, "YYYY-MM, not '2026-13'"),
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

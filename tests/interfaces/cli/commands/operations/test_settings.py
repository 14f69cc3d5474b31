"""`settle settings`: what moves money, and from when on. Rule: R3.7b, R3.7c."""

from __future__ import annotations

import psycopg
import pytest

LATER = "2027-01-10T00:00:00+08:00"


def _values(answer) -> dict[str, object]:
    return {row["name"]: row["value"] for row in answer["settings"]}


@pytest.fixture
def settings(cli):
    """A database that has a first version, as the migration of a new one leaves it."""
    cli("db", "migrate")
    return cli


def test_what_holds_is_shown_and_a_later_version_changes_it_from_its_instant_on(settings):
    assert _values(settings.json("settings", "show"))["billing.issue_day"] == 2
    printed = settings(
        "settings", "set", "billing.issue_day=5", "--from", LATER, "--reason", "board", "--yes"
    ).out
    assert "billing.issue_day  5" in printed
    assert _values(settings.json("settings", "show"))["billing.issue_day"] == 2
    assert _values(settings.json("settings", "show", "--at", LATER))["billing.issue_day"] == 5
    (shown,) = (
        row for row in settings.json("settings", "show")["settings"] if row["name"] == "billing.issue_day"
    )
    assert (shown["next_value"], shown["next_from"]) == (5, "2027-01-09T16:00:00Z")
    assert "@" in shown["set_by"], "who, and on which host"
    history = settings.json("settings", "show", "--history")["settings"]
    assert [row["reason"] for row in history if row["name"] == "billing.issue_day"] == [None, "board"]


def test_a_dry_run_changes_nothing(settings):
    settings("settings", "set", "billing.issue_day=5", "--from", LATER, "--dry-run")
    assert settings.rows("SELECT count(*) FROM settings_version") == [(1,)]


def test_which_months_are_issued_or_swept_at_another_instant_is_shown_before_it_is_set(settings):
    told = settings.json(
        "settings", "set", "billing.issue_day=5", "collection.sweep_time=22:00", "--from", LATER, "--dry-run"
    )
    assert [(row["what"], row["cycle"], row["before"], row["after"]) for row in told["moved"]] == [
        ("month end sweep", "2027-01", "2027-01-31T15:00:00Z", "2027-01-31T14:00:00Z"),
        ("month close", "2027-01", "2027-02-02T04:00:00Z", "2027-02-05T04:00:00Z"),
        ("month end sweep", "2027-02", "2027-02-28T15:00:00Z", "2027-02-28T14:00:00Z"),
        ("month close", "2027-02", "2027-03-02T04:00:00Z", "2027-03-05T04:00:00Z"),
    ]
    printed = settings("settings", "set", "billing.issue_day=5", "--from", LATER, "--dry-run")
    assert "2027-02-05T12:00:00+08:00" in printed.out
    assert "SETTLE_BILLING__ISSUE_DAY" in printed.err


def test_lists_and_tables_are_json_as_in_the_environment(settings):
    settings(
        "settings", "set", "credit.remind_before_days=[10, 2]", 'collection.pre_authorization={"EUR": 2.50}',
        "--from", LATER, "--yes",
    )  # fmt: skip
    held = _values(settings.json("settings", "show", "--at", LATER))
    assert held["credit.remind_before_days"] == [10, 2]
    assert held["collection.pre_authorization"] == {"EUR": "2.50"}


def test_of_a_database_that_has_none_the_environments_are_shown_and_become_the_first_when_one_is_set(
    cli, environment
):
    # As a release left it that knew of no versions.
    with psycopg.connect(cli.owner_url) as connection:
        connection.execute("ALTER TABLE settings_version DISABLE TRIGGER USER")
        connection.execute("DELETE FROM settings_version")
        connection.execute("ALTER TABLE settings_version ENABLE TRIGGER USER")
    environment("SETTLE_BILLING__ISSUE_DAY", "7")
    (shown,) = (row for row in cli.json("settings", "show")["settings"] if row["name"] == "billing.issue_day")
    assert (shown["value"], shown["set_by"]) == (7, "this environment")
    cli("settings", "set", "credit.low_credit_days=1", "--from", LATER, "--yes")
    history = cli.json("settings", "show", "--history")["settings"]
    assert [row["value"] for row in history if row["name"] == "billing.issue_day"] == [7]
    assert [row["value"] for row in history if row["name"] == "credit.low_credit_days"] == [5, 1]


def test_whoever_looks_from_an_environment_that_differs_is_told(settings, environment):
    assert settings("settings", "show").err == ""
    environment("SETTLE_BILLING__ISSUE_DAY", "7")
    assert "SETTLE_BILLING__ISSUE_DAY is 7 here and 2 in the database" in settings("settings", "show").err


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["billing.issue_day=5", "--from", "2020-01-01T00:00Z"], 4, "too_early"),
        (["billing.issue_day=40", "--from", LATER], 2, "billing.issue_day"),
        (["billing.issue_dya=4", "--from", LATER], 2, "did you mean billing.issue_day"),
        (["billing.issue_day", "--from", LATER], 2, "NAME=VALUE"),
        (["billing.issue_day=3", "billing.issue_day=4", "--from", LATER], 2, "each name once"),
        (
            ['collection.dunning={"gpu": {"products": ["gpu"]}}', "--from", LATER],
            4,
            "collection.dunning: no group",
        ),
        (["billing.zone=America/New_York", "--from", LATER], 4, "zone_skips_a_day"),
        (["billing.zone=Mars/Base", "--from", LATER], 2, "billing.zone"),
        (["billing.issue_day=5", "--from", "soon"], 2, "an instant is written like"),
    ],
)
def test_what_cannot_be_set_is_refused_with_what_is_wrong(settings, arguments, code, said):
    answer = settings("settings", "set", *arguments, "--yes", code=code)
    assert said in answer.err
    assert settings.rows("SELECT count(*) FROM settings_version") == [(1,)]


def test_nobody_sets_money_moving_values_by_accident(settings):
    assert "--yes" in settings("settings", "set", "billing.issue_day=5", "--from", LATER, code=2).err


def test_a_command_whose_environment_differs_books_nothing_and_says_what_to_do(settings, environment):
    environment("SETTLE_BILLING__ISSUE_DAY", "7")
    answer = settings("tick", code=2)
    assert "SETTLE_BILLING__ISSUE_DAY is 7 here and 2 in the database" in answer.err
    assert settings("settings", "show")

"""`settle settings`: what moves money, and from when on. Rule: R3.7b, R3.7c."""

from __future__ import annotations

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
    history = settings.json("settings", "show", "--history")["settings"]
    assert [row["reason"] for row in history if row["name"] == "billing.issue_day"] == [None, "board"]


def test_a_dry_run_changes_nothing(settings):
    settings("settings", "set", "billing.issue_day=5", "--from", LATER, "--dry-run")
    assert settings.rows("SELECT count(*) FROM settings_version") == [(1,)]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["billing.issue_day=5", "--from", "2020-01-01T00:00Z"], 4, "too_early"),
        (["billing.issue_day=40", "--from", LATER], 2, "billing.issue_day"),
        (["billing.issue_dya=4", "--from", LATER], 2, "did you mean billing.issue_day"),
        (["billing.issue_day", "--from", LATER], 2, "NAME=VALUE"),
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

"""Payment terms on the command line, and what cannot be agreed."""

from __future__ import annotations

import pytest

from tests.interfaces.cli.conftest import Cli
from worker.policies.holidays import HolidayCalendar

TERM = ("terms", "agree", "beta", "--from", "2026-10", "--days", "3")


def test_a_term_is_agreed_listed_and_replaced_and_says_when_the_open_month_will_be_due(accounts: Cli) -> None:
    said = accounts(*TERM)
    assert "the bill of 2026-10 will be due on 2026-11-05" in said.err
    listed = accounts.json("terms", "list", "beta")
    assert listed["open_month"].pop("due_rule").startswith("monthly, 3 calendar days; ")
    assert listed["open_month"] == {"cycle": "2026-10", "due_on": "2026-11-05", "due_provisional": False}
    (term,) = listed["terms"]
    assert term["agreed_at"] == "2026-10-20T00:00:00Z"
    accounts(
        "terms", "agree", "beta", "--from", "2026-10", "--until", "2026-12", "--days", "5", "--quarterly", "--business",
        "--country", "CN", "--closing-day", "2027-01-05", "--closing-day", "2027-01-04",
    )  # fmt: skip
    listed = accounts.json("terms", "list", "beta")
    (term,) = listed["terms"]
    assert {name: term[name] for name in term if name != "agreed_at"} == {
        "from_cycle": "2026-10", "until_cycle": "2026-12", "settlement_cycle": "quarterly", "period_days": 5,
        "day_kind": "business", "country": "CN", "closing_days": ["2027-01-04", "2027-01-05"],
    }  # fmt: skip
    # December's bill is issued on Saturday the 2nd of January, the 3rd is New Year's holiday, two days are closed.
    assert listed["open_month"]["due_on"] == "2027-01-12"
    assert "5 business days in CN less 2 closing days" in accounts("terms", "list", "beta").out


def test_a_due_date_that_may_still_change_says_why_where_it_is_foreseen(
    accounts: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        HolidayCalendar, "is_published", lambda _, country, year: (country, year) != ("CN", 2026)
    )
    said = accounts(*TERM, "--business", "--country", "CN").err
    assert "will be due on 2026-11-05 (monthly, 3 business days, CN; holidays " in said
    assert "provisional: make-up days of CN in 2026 are not published" in said
    assert "provisional" in accounts("accounts", "show", "beta").out
    assert accounts.json("terms", "list", "beta")["open_month"]["due_provisional"] is True


def test_a_command_repeated_with_its_event_id_changes_nothing(accounts: Cli) -> None:
    agree = (*TERM, "--event-id", "contract-1")
    accounts(*agree)
    accounts("terms", "agree", "beta", "--from", "2026-10", "--days", "30")
    accounts(*agree)
    assert [term["period_days"] for term in accounts.json("terms", "list", "beta")["terms"]] == [30]
    said = accounts(
        "terms", "agree", "beta", "--from", "2026-11", "--days", "9", "--event-id", "contract-1", code=4
    )
    assert "reused_id" in said.err
    assert accounts.rows("SELECT count(*) FROM inbox WHERE type = 'payment_term_agreed'") == [(3,)]


def test_an_account_that_is_not_on_credit_control_is_told_of(accounts: Cli) -> None:
    said = accounts("terms", "agree", "acme:eu", "--from", "2026-10", "--days", "3")
    assert "acme:eu is not on credit control" in said.err


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("terms", "list", "nobody"), 3, "nobody"),
        (("terms", "agree", "nobody", "--from", "2026-10", "--days", "3"), 4, "unknown_account"),
        (("terms", "agree", "beta", "--from", "2026-10", "--days", "366"), 2, "365"),
        (("terms", "agree", "beta", "--from", "2026-13", "--days", "3"), 2, "YYYY-MM"),
        ((*TERM, "--business"), 4, "country"),
        ((*TERM, "--business", "--country", "XX"), 4, "unknown_country"),
        ((*TERM, "--closing-day", "tomorrow"), 2, "YYYY-MM-DD"),
        (("coupons", "grant", "beta", "c", "--amount", "1.001", "--until", "2027-01-01"), 4, "minor unit"),
        (("coupons", "grant", "beta", "c", "--amount", "1", "--until", "2026-01-01"), 4, "valid_until"),
        (("coupons", "grant", "nobody", "c", "--amount", "1", "--until", "2027-01-01"), 3, "nobody"),
        (("coupons", "list", "nobody"), 3, "nobody"),
        (("cards", "list", "nobody"), 3, "nobody"),
        (("overdue", "list", "--account", "nobody"), 3, "nobody"),
        (("overdue", "list", "--after", "beta:2026-09"), 3, "no bill of 2026-09"),
        (("accounts", "watch", "nobody", "--end"), 3, "nobody"),
        (("accounts", "watch", "beta"), 2, "--below"),
        (("accounts", "watch", "beta", "--below", "1", "--end"), 2, "--below"),
        (("accounts", "watch", "beta", "--below", "much"), 4, "bad_amount"),
    ],
)
def test_what_cannot_be_done_is_said_with_its_reason(
    accounts: Cli, arguments: tuple[str, ...], code: int, said: str
) -> None:
    assert said in accounts(*arguments, code=code).err

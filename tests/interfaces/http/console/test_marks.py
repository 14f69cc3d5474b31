"""Amounts, instants and states as people see them on a page, and remedies as forms. Rule: R14.4."""

from __future__ import annotations

import importlib
import pkgutil
from datetime import UTC, datetime
from decimal import Decimal
from typing import Literal, get_args, get_origin
from zoneinfo import ZoneInfo

import pytest

import settlement.model
import settlement.queries
import settlement.storage.tables
from interfaces.fields.values import Exact, Money
from interfaces.http.console.marks import BAD, GOING, GOOD, STILL, State, as_mark, grouped
from interfaces.http.console.offers import as_sentence
from interfaces.http.console.remedies import remedy_of, without_events
from settlement.model.reasons import Reason, ReasonCode, RemedyEvent


@pytest.mark.parametrize(
    ("value", "seen"),
    [
        (Money(7310693, "USD"), "73,106.93 USD"), (Money(-50, "USD"), "-0.50 USD"), (Money(99999, "USD"), "999.99 USD"),
        (Money(-123456789, "USD"), "-1,234,567.89 USD"), (Money(1979249, "JPY"), "1,979,249 JPY"),
        (Exact(Decimal("1234.56789"), "USD"), "1,234.56789 USD"), (None, "–"), ("", "–"), ("12345", "12345"),
        ({"source": "crm", "event_id": "e 1"}, "source crm, event id e 1"),
    ],
)  # fmt: skip
def test_values_are_seen_as_people_write_them(value, seen):
    assert as_mark(value, UTC) == seen


def test_a_payment_is_named_by_whoever_gave_it_a_name():
    made = "pA3x-0_kQ9zLmN4bV7cR2sTd"
    for what in ("payment", "manual payment", "charge"):
        assert grouped(f"{what} {made} of bill a:2026-10 is in progress") == (
            "payment by hand of bill a:2026-10 is in progress"
        )
    for kept in (
        "payment by-card",
        "payment payment-of-october-00001",
        f"event crm/{made}",
        f"payment {made}x",
    ):
        assert grouped(kept) == kept


def test_an_amount_whose_currency_stands_elsewhere_is_its_digits():
    assert as_mark(Money(7310693, "USD"), UTC, bare=True) == "73,106.93"


def test_an_instant_is_local_and_says_the_whole_when_it_is_pointed_at():
    at = datetime(2026, 11, 2, 4, tzinfo=UTC)
    assert as_mark(at, ZoneInfo("Asia/Shanghai")) == (
        '<time datetime="2026-11-02T04:00:00Z" title="2026-11-02T12:00:00+08:00">2026-11-02 12:00:00</time>'
    )


def test_each_of_several_states_has_its_sign_and_what_is_no_state_has_none():
    assert as_mark(State("open, overdue"), UTC).count('class="state') == 2
    assert 'class="state bad">overdue' in as_mark("2026-10-01, overdue", UTC)
    assert as_mark("<open>, overdue", UTC).startswith("&lt;open&gt;")
    assert as_mark(State("open, <b>"), UTC).endswith(" &lt;b&gt;")
    # An account or a reason that is called like a state is none.
    assert as_mark("done", UTC) == "done"


def states_of_the_domain():
    """Every list of states in the domain, by what it is called."""
    found = {}
    for room in (settlement.model, settlement.queries, settlement.storage.tables):
        for module in pkgutil.walk_packages(room.__path__, f"{room.__name__}."):
            for name, value in vars(importlib.import_module(module.name)).items():
                if name.endswith("State") and get_origin(value) is Literal:
                    found[name] = set(get_args(value))
    return found


def test_every_state_of_the_domain_is_marked_once():
    domain = states_of_the_domain()
    assert {"BillState", "AttemptState", "InboxState", "RunState", "UnifiedState", "PaymentState"} <= set(
        domain
    )
    kinds = (GOOD, BAD, GOING, STILL)
    wrong = {
        (name, state): sum(state in kind for kind in kinds)
        for name, states in domain.items()
        for state in states
        if sum(state in kind for kind in kinds) != 1
    }
    assert wrong == {}


def test_no_state_is_marked_that_nothing_has():
    domain = set().union(*states_of_the_domain().values())
    # What pages call by a word of their own: accounts, due bills, lines, funds, processes, events, instants.
    called = {
        "suspended", "write-off off", "overdue", "due", "to be paid", "used up", "not yet", "silent", "dismissed",
        "deleted", "owed", "skipped",
    }  # fmt: skip
    assert (GOOD | BAD | GOING | STILL) - domain == called


def test_amounts_in_a_sentence_have_their_thousands_apart_and_nothing_else_has():
    said = "5495.71 USD and -10000 JPY of acct-12345:2026-10 on 2026-11-02, by 123456 USDT or 999.00 USD"
    assert grouped(said) == said.replace("5495.71", "5,495.71").replace("-10000", "-10,000")


def test_an_instant_in_a_sentence_is_as_pages_show_it():
    found = without_events("it ends at 2026-11-15T17:30:00+08:00 at the latest (event x, y)")
    assert found == "it ends at 2026-11-15 17:30:00 at the latest"


def test_a_reason_is_a_sentence_without_codes_and_without_the_sum_that_was_tried():
    assert as_sentence("holds 'manual_payment' end with it") == "Holds 'manual payment' end with it."
    assert (
        as_sentence("main may transfer up to 0.00 USD, not 0.01 USD") == "Main may transfer up to 0.00 USD."
    )


def test_a_remedy_is_a_form_that_is_filled_with_what_would_change_it():
    release = RemedyEvent("account_changed", {"release": {"reason": "dispute", "ref": "case 7"}})
    switch = RemedyEvent("account_changed", {"auto_write_off": True})
    money = RemedyEvent("top_up", {"amount": "5495.71", "currency": "USD"})
    words = "one of these (event account_changed, release), or 5495.71 USD"
    remedy = remedy_of(Reason(ReasonCode.ON_HOLD, "held", {}, words, (release, switch, money)))
    assert remedy.words == "one of these, or 5,495.71 USD"
    assert remedy.forms == [
        ("Release a hold", "release?release.reason=dispute&release.ref=case+7"),
        ("Set switches", "switches?auto_write_off=yes"),
        ("Top up", "top-up?amount=5495.71&currency=USD"),
    ]

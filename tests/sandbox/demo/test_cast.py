from __future__ import annotations

from datetime import UTC, datetime

from sandbox.demo.cast import cards, cast, openings, refunds, restrictions
from sandbox.demo.sample_focus import sample_accounts
from settlement.events.registry import parse_event
from settlement.model.commands.command import EventHead
from settlement.model.commands.funds import CardActivated
from settlement.model.commands.money import Refund
from settlement.model.cycle import Cycle
from settlement.model.policies.policy import Policy
from settlement.rules.calendar import issuance_at

OCT = Cycle(202610)
AT = datetime(2026, 10, 20, tzinfo=UTC)
MEMBERS = cast(sample_accounts(60, 1), 1)


def commands(events):
    return [
        parse_event(EventHead(number, event["source"], event["account"], ""), event["type"], event["data"])
        for number, event in enumerate(events)
    ]


def test_the_same_seed_gives_the_same_members():
    assert cast(sample_accounts(60, 1), 1) == MEMBERS != cast(sample_accounts(60, 1), 2)


def test_every_kind_of_account_takes_part():
    assert any(member.credit_limit_minor for member in MEMBERS)
    assert any(not member.cash_minor and not member.credit_limit_minor for member in MEMBERS)
    assert any(not member.auto_write_off for member in MEMBERS)
    assert any(member.on_hold for member in MEMBERS)
    frozen = [member for member in MEMBERS if member.frozen_minor]
    assert any(member.frozen_minor == member.cash_minor for member in frozen)
    assert any(member.frozen_minor < member.cash_minor for member in frozen)


def test_every_event_is_a_good_one_and_has_an_id_of_its_own():
    events = [
        *openings(MEMBERS),
        *restrictions(MEMBERS),
        *cards(MEMBERS, OCT, 1, at=AT, policy=Policy()),
        *refunds(MEMBERS, OCT, 1),
    ]
    assert len(commands(events)) == len({(event["source"], event["event_id"]) for event in events})


def test_cards_are_scoped_or_not_and_one_in_four_ends_before_the_bills_are_issued():
    activated = commands(cards(MEMBERS, OCT, 1, at=AT, policy=Policy()))
    assert {len(card.products or ()) for card in activated if isinstance(card, CardActivated)} == {0, 1, 2}
    ended = [
        card.valid_until < issuance_at(OCT, Policy()) for card in activated if isinstance(card, CardActivated)
    ]
    assert 0 < sum(ended) <= len(ended) / 4 + 1


def test_refunds_are_of_this_month_of_the_next_and_to_cash():
    given = [command for command in commands(refunds(MEMBERS, OCT, 1)) if isinstance(command, Refund)]
    assert {command.cycle for command in given} == {OCT, Cycle(202611), None}
    assert any(command.to == "cash" for command in given)

"""What a unified settlement says it lacks is the top-up that completes it. Rule: R9.3i."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st

from settlement.model.accounts import AccountId
from settlement.model.bills import Bill
from settlement.model.changes import Changes
from settlement.model.commands.command import Command
from settlement.model.cycle import Cycle
from settlement.model.money import decimal_text
from settlement.model.policies.policy import Policy
from settlement.model.snapshot import KnownSettlements, Position, Snapshot
from settlement.model.unified_settlements import RunningUnified, UnifiedLine, UnifiedSettlement
from settlement.plans.payments.unified_settlements import plan_unified
from tests.support.builders import (
    DEC,
    NOV,
    OCT,
    OCT_ISSUED,
    POLICY,
    account,
    accruing,
    applied,
    book,
    card,
    event,
    issued,
    line,
    position,
    refund,
    snapshot,
    top_up,
)
from tests.support.plain import spelled_out

MAIN = 1
MEMBERS = (2, 3)
OLDER, ASKED = 1001, 1002
money = st.integers(0, 20_000)


class Story(NamedTuple):
    """A main account, bills of two members, where its own bills stand on the list, if they do, and whether partial
    write-off is on.
    """

    main: Position
    own_place: int | None
    bills: list[list[Bill]]
    policy: Policy


@st.composite
def stories(draw: st.DrawFn) -> Story:
    owner = account(
        MAIN, cash_minor=draw(money), credit_limit_minor=draw(st.sampled_from([0, 0, 5_000])),
        frozen_minor=draw(st.sampled_from([0, 0, 700, 30_000])), auto_write_off_enabled=draw(st.booleans()),
        credit_control=draw(st.booleans()),
    )  # fmt: skip
    owner = owner._replace(
        transferred_in_minor=draw(st.sampled_from([0, owner.cash_minor // 3, owner.cash_minor]))
    )
    own = [issued(cycle, draw(st.integers(1, 9_000))) for cycle in (OCT, NOV) if draw(st.booleans())]
    later = [accruing(DEC, draw(st.sampled_from(["12.34", "400"])))] if draw(st.booleans()) else []
    funds: dict[str, Any] = {}
    if draw(st.booleans()):
        funds["refunds"] = [refund(remaining=draw(st.integers(1, 5_000)))]
    if draw(st.booleans()):
        funds["cards"] = [card(balance=draw(st.integers(1, 5_000)))]
        funds["lines"] = [line(bill.cycle, decimal_text(bill.payable_minor or 0, "USD")) for bill in own]
    main = position(owner, holds=["manual"] if draw(st.booleans()) else [], bills=[*own, *later], **funds)
    bills = [
        [issued(cycle, draw(st.integers(1, 9_000)), account_id=member) for cycle in (OCT, NOV)]
        for member in MEMBERS
    ]
    return Story(
        main,
        draw(st.sampled_from([None, None, 0, 1])),
        bills,
        replace(POLICY, partial_write_off=draw(st.booleans())),
    )


def at_rest(story: Story) -> Snapshot:
    """As the accounts stand once the main account's own write-off has been at work."""
    members = [
        position(account(member, cash_minor=0), bills=bills)
        for member, bills in zip(MEMBERS, story.bills, strict=True)
    ]
    before = snapshot(story.main, *members, ties=[(MAIN, member) for member in MEMBERS])
    _, after = book(before, event("account_changed"), policy=story.policy)
    return after


def ran(before: Snapshot, story: Story, *numbers: int) -> tuple[Changes, Snapshot]:
    """The older settlement lists the first member's bills, the other one those of the second; then they run. The last
    one may list those of the main account as well.
    """
    commands: list[Command] = []
    for number in numbers:
        name, accounts = f"u{number}", [f"acc-{MEMBERS[number - OLDER]}"]
        if number == numbers[-1] and story.own_place is not None:
            accounts.insert(story.own_place, f"acc-{MAIN}")
        listed: dict[str, Any] = {"settlement": name, "accounts": accounts, "cycles": ["2026-10", "2026-11"]}
        commands.append(event("unified_settlement_created", inbox_id=number, **listed))
        commands.append(event("unified_settlement_run", inbox_id=2000 + number, settlement=name))
    changes, after = book(before, *commands, policy=story.policy)
    return changes, replace(after, unified_settlements=as_loaded(before, changes))


def as_loaded(before: Snapshot, changes: Changes) -> KnownSettlements:
    """The settlements as storage would load them after the changes."""
    values = {row.id: row for row in changes.unified_settlements.values}
    return replace(
        before.unified_settlements,
        settlements=tuple(
            UnifiedSettlement(
                new.id, AccountId(new.account_id), new.external_id, new.currency,
                values[new.id].state,  # type: ignore[arg-type]
                values[new.id].rounds, deleted=False,
            )
            for new in changes.unified_settlements.new
        ),
        lines=tuple(
            UnifiedLine(
                row.settlement_id, row.line_no, AccountId(row.account_id), Cycle(row.cycle),
                row.listed_minor, row.paid_minor, row.state, AccountId(MAIN), "october",  # type: ignore[arg-type]
            )
            for row in changes.unified_settlements.lines
        ),
    )  # fmt: skip


def missing_minor(changes: Changes, name: str) -> int | None:
    """As it was announced; None where the settlement does not wait."""
    told = [
        json.loads(row.payload) for row in changes.announcements if row.topic == "unified_settlement.waiting"
    ]
    found = [facts["missing"] for facts in told if facts["settlement"] == name]
    return round(float(found[-1]) * 100) if found else None


def completes(waiting: Snapshot, amount_minor: int, number: int, policy: Policy) -> bool:
    """Is the settlement over after this top-up, and after each has been taken up, the older one first."""
    _, after = book(waiting, top_up(decimal_text(amount_minor, "USD"), inbox_id=3000), policy=policy)
    after = replace(after, unified_settlements=waiting.unified_settlements)
    running = [found.id for found in after.unified_settlements.settlements if found.state == "running"]
    states: dict[int, str] = {}
    for one in sorted(running):
        changes = plan_unified(after, settlement_ids=[one], at=OCT_ISSUED, policy=policy)
        states |= {row.id: row.state for row in changes.unified_settlements.values}
        after = applied(after, spelled_out(changes, after, at=OCT_ISSUED))
    return states.get(number) == "completed"


@settings(max_examples=50, deadline=None)
@given(stories(), st.booleans(), st.integers(1, 30_000))
def test_what_is_missing_is_the_top_up_that_completes_it(story: Story, is_second: bool, more: int) -> None:
    changes, waiting = ran(at_rest(story), story, OLDER, *([ASKED] if is_second else []))
    number = ASKED if is_second else OLDER
    missing = missing_minor(changes, f"u{number}")
    if missing is None:
        assert {row.id: row.state for row in changes.unified_settlements.values}[number] == "completed"
        return
    assert completes(waiting, missing, number, story.policy)
    assert completes(waiting, missing + more, number, story.policy), "and every larger one"
    if story.policy.partial_write_off and missing > 1:
        assert not completes(waiting, missing - 1, number, story.policy)


@settings(max_examples=20, deadline=None)
@given(stories())
def test_settlements_that_were_not_loaded_are_counted_as_well(story: Story) -> None:
    owed = sum(bill.payable_minor or 0 for bill in story.bills[0])
    owner = story.main.account._replace(cash_minor=0, transferred_in_minor=0)
    poor = story._replace(main=replace(story.main, account=owner), own_place=None)
    before = at_rest(poor)
    with_older = replace(
        before,
        unified_settlements=replace(
            before.unified_settlements, others_running=(RunningUnified(OLDER, MAIN, owed),)
        ),
    )
    alone, both = (ran(one, poor, ASKED)[0] for one in (before, with_older))
    assert (missing_minor(both, "u1002") or 0) - (missing_minor(alone, "u1002") or 0) == owed


def test_a_bill_of_its_own_between_others_leaves_less_for_those_after_it() -> None:
    owner = account(MAIN, cash_minor=1_000, transferred_in_minor=600, auto_write_off_enabled=False)
    owed = {2: 150, MAIN: 800, 3: 500}
    before = snapshot(
        position(owner, bills=[issued(OCT, owed[MAIN])]),
        *(position(account(one), bills=[issued(OCT, owed[one], account_id=one)]) for one in MEMBERS),
        ties=[(MAIN, one) for one in MEMBERS],
    )
    names = [f"acc-{one}" for one in owed]
    listed = event("unified_settlement_created", settlement="u", accounts=names, cycles=["2026-10"])
    run = event("unified_settlement_run", inbox_id=ASKED, settlement="u")
    changes, after = book(before, listed, run, policy=replace(POLICY, partial_write_off=True))
    assert [(row.account_id, row.amount_minor) for row in changes.records.repayments] == [
        (2, 150), (MAIN, 800), (3, 50),
    ]  # fmt: skip
    assert after.positions[AccountId(MAIN)].account.cash_minor == 0

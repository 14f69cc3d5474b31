"""What holds for any story: it adds up, a second plan is empty, a set is its parts one by one. Rule: R4.1, R11.*"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from operator import attrgetter
from typing import Any, NamedTuple

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from settlement.model.accounts import AccountId
from settlement.model.changes import Changes
from settlement.model.commands.command import Command
from settlement.model.commands.money import Transfer
from settlement.model.cycle import Cycle
from settlement.model.snapshot import Snapshot
from tests.support.builders import (
    NOV,
    OCT,
    POLICY,
    account,
    book,
    close,
    event,
    fee,
    issued,
    line,
    position,
    snapshot,
    utc,
)

NAMES = ("acc-1", "acc-2", "acc-3")
QUICK = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


class Close(NamedTuple):
    """The month close of a cycle."""

    cycle: Cycle


Step = tuple[datetime, list[Command] | Close]

money = st.integers(1, 20_000).map(lambda cents: f"{cents // 100}.{cents % 100:02d}")
exact = st.decimals(-30, 80, places=4).map(str)
products = st.sampled_from(["ECS", "OSS"])
some_products = st.sampled_from([None, ["ECS"], ["OSS"]])
cycles = st.sampled_from(["2026-09", "2026-10", "2026-11"])
instants = st.sampled_from(
    ["2026-09-29T00:00:00Z", "2026-10-15T00:00:00Z", "2026-10-31T15:59:59Z", "2026-11-20T00:00:00Z"]
)
validity = st.sampled_from(
    [
        ("2026-01-01T00:00:00Z", "2099-01-01T00:00:00Z"),
        ("2026-10-01T00:00:00Z", "2026-11-02T04:00:00Z"),
        ("2026-11-05T00:00:00Z", "2026-12-31T00:00:00Z"),
    ]
)
fees = st.tuples(exact, products, instants).map(lambda t: (t[0], {"product": t[1], "incurred_at": t[2]}))
holds = st.sampled_from([{"reason": "manual"}, {"reason": "unified", "ref": "1"}])
changed = st.one_of(
    st.booleans().map(lambda on: {"auto_write_off": on}),
    st.booleans().map(lambda on: {"credit_control": on, "write_off_past_bills": on}),
    money.map(lambda amount: {"credit_limit": amount, "currency": "USD"}),
    money.map(lambda amount: {"frozen_amount": amount, "currency": "USD"}),
    holds.map(lambda hold: {"hold": hold}),
    holds.map(lambda hold: {"release": hold}),
)
payloads = st.one_of(
    money.map(lambda amount: ("top_up", {"amount": amount, "currency": "USD"})),
    st.tuples(money, cycles, st.sampled_from(["credit", "cash"])).map(
        lambda t: ("refund", {"amount": t[0], "currency": "USD", "cycle": t[1], "to": t[2]})
    ),
    st.tuples(money, some_products, validity).map(
        lambda t: (
            "card_activated",
            {
                "amount": t[0],
                "currency": "USD",
                "products": t[1],
                "valid_from": t[2][0],
                "valid_until": t[2][1],
            },
        )
    ),
    st.lists(fees, min_size=1, max_size=3).map(lambda many: ("fees", {"fees": many})),
    changed.map(lambda data: ("account_changed", data)),
    st.tuples(money, st.sampled_from(NAMES)).map(
        lambda t: ("transfer", {"amount": t[0], "currency": "USD", "from_account": t[1]})
    ),
)
batches = st.lists(st.tuples(st.sampled_from(NAMES), payloads), max_size=8)


def command(number: int, name: str, payload: tuple[str, dict[str, Any]]) -> Command:
    event_type, data = payload
    if event_type == "fees":
        data = {
            "fees": [fee(amount, f"{number}-{i}", **more) for i, (amount, more) in enumerate(data["fees"])]
        }
    if event_type == "card_activated":
        data = {key: value for key, value in data.items() if value is not None} | {"card": f"c-{number}"}
    return event(event_type, name, inbox_id=number, **data)


@st.composite
def stories(draw: st.DrawFn) -> list[Step]:
    """Events in October, October's close, events in November, November's close, events in December."""
    numbers = iter(range(1000, 10_000))

    def events_at(text: str) -> Step:
        return utc(text), [command(next(numbers), name, payload) for name, payload in draw(batches)]

    return [
        events_at("2026-10-20 00:00"),
        (utc("2026-11-02 04:00"), Close(OCT)),
        events_at("2026-11-10 00:00"),
        (utc("2026-12-02 04:00"), Close(NOV)),
        events_at("2026-12-05 00:00"),
    ]


def start() -> Snapshot:
    """Three accounts, one with an old bill."""
    return snapshot(
        position(account(1), bills=[issued(202609, 3000)], lines=[line(202609, "30")]),
        position(account(2, cash_minor=5000)),
        position(account(3, credit_limit_minor=10_000, credit_control=True)),
        ties=[(1, 2), (1, 3)],
    )


def play(before: Snapshot, story: list[Step], *, partial: bool = True) -> tuple[Snapshot, list[Changes]]:
    """Every step planned, proved and applied."""
    policy = replace(POLICY, partial_write_off=partial)
    written = []
    for at, step in story:
        if isinstance(step, Close):
            changes, before = close(before, step.cycle, at=at, policy=policy)
        else:
            changes, before = book(before, *step, at=at, policy=policy)
        written.append(changes)
    return before, written


def records(written: list[Changes]) -> tuple[list[Any], ...]:
    """Everything that is only ever added, in order."""
    return tuple(
        [row for changes in written for row in attrgetter(name)(changes)]
        for name in (
            "records.transfers",
            "records.repayments",
            "records.repayment_lines",
            "bills.fees",
            "outcomes",
            "announcements",
        )
    )


@QUICK
@given(story=stories(), partial=st.booleans())
def test_every_step_of_every_story_adds_up(story, partial):
    after, written = play(start(), story, partial=partial)
    moved = [row for changes in written for row in changes.records.transfers]
    for key, position_ in after.positions.items():
        opening = start().positions[key].account.cash_minor
        into = sum(row.amount_minor for row in moved if row.account_id == key and row.credit == "cash")
        out = sum(row.amount_minor for row in moved if row.account_id == key and row.debit == "cash")
        assert position_.account.cash_minor == opening + into - out >= 0
        for bill in position_.bills:
            assert 0 <= bill.paid_minor <= (bill.payable_minor or 0)
    cleared = [row.amount_minor for row in moved if row.credit == "transfer_clearing"]
    assert sum(cleared) == sum(row.amount_minor for row in moved if row.debit == "transfer_clearing")


@QUICK
@given(story=stories(), partial=st.booleans())
def test_planning_again_after_applying_pays_nothing_more(story, partial):
    after, _ = play(start(), story, partial=partial)
    at = story[-1][0]
    policy = replace(POLICY, partial_write_off=partial)
    nudges = [event("account_changed", name, inbox_id=99_000 + i) for i, name in enumerate(NAMES)]
    changes, again = book(after, *nudges, at=at, policy=policy)
    assert [
        *changes.records.transfers,
        *changes.records.repayments,
        *changes.bills.paid,
        *changes.announcements,
    ] == []
    assert again == after
    closed, _ = close(after, OCT, at=at, policy=policy)
    assert [*closed.bills.issued, *closed.records.transfers] == []


@QUICK
@given(story=stories(), data=st.data())
def test_a_set_of_events_is_the_same_events_in_any_grouping(story, data):
    together = play(start(), story)
    regrouped: list[Step] = []
    for at, step in story:
        if isinstance(step, Close):
            regrouped.append((at, step))
            continue
        rest = list(step)
        while rest:
            size = data.draw(st.integers(1, len(rest)))
            regrouped.append((at, rest[:size]))
            rest = rest[size:]
    apart = play(start(), regrouped)
    assert apart[0] == together[0]
    assert records(apart[1]) == records(together[1])


@QUICK
@given(story=stories())
def test_a_set_of_accounts_is_each_account_alone(story):
    def without_transfers(step: list[Command] | Close) -> list[Command] | Close:
        return step if isinstance(step, Close) else [it for it in step if not isinstance(it, Transfer)]

    story = [(at, without_transfers(step)) for at, step in story]
    together, _ = play(start(), story)
    for number, name in enumerate(NAMES, start=1):
        key = AccountId(number)
        own: list[Step] = [
            (at, step if isinstance(step, Close) else [it for it in step if it.head.account == name])
            for at, step in story
        ]
        alone, _ = play(snapshot(start().positions[key]), own)
        assert alone.positions[key] == together.positions[key]

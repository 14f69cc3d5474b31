"""Every announcement a plan writes can be read back through the published contract. Rule: R11.1."""

import ast
import json
from functools import partial
from pathlib import Path

import pytest
from pydantic import ValidationError

from settlement.events.announcements import SHAPES, read_announcement
from settlement.model.announcements.facts import BillFacts
from settlement.model.announcements.topics import PUBLISHED, TOPICS
from settlement.model.cycle import Cycle
from settlement.model.policies.policy import Policy
from settlement.model.snapshot import Position, Snapshot
from settlement.plans.bills.issuance import plan_month_close
from tests.support.builders import OCT, OCT_ISSUED, account, accruing

NAMES = ["acct-7", 'quo"te', "back\\slash", "名前", "tab\tnew\nline", "</script>", "{brace}"]


def announcements(name: str, currency: str, accrued: str, cash: int):
    position = Position(
        account(external_id=name, currency=currency, cash_minor=cash), bills=[accruing(OCT, accrued)]
    )
    plan = partial(
        plan_month_close,
        cycle=Cycle(OCT),
        cause="close:2026-10",
        correlation_id="run:1",
        at=OCT_ISSUED,
        policy=Policy(),
    )
    return plan(Snapshot({position.account.id: position})).announcements


@pytest.mark.parametrize("name", NAMES)
def test_announcements_hold_any_name(name):
    for row in announcements(name, "USD", "12.345", 500):
        facts = read_announcement(row.topic, row.payload)
        assert isinstance(facts, BillFacts)
        assert facts.account == name
        assert json.loads(row.payload)["account"] == name


@pytest.mark.parametrize(
    ("currency", "accrued", "cash", "topics", "last"),
    [
        ("USD", "12.349", 100_000, ["bill.issued", "bill.settled"], ("12.34", "12.34", "0.00")),
        ("USD", "12.349", 500, ["bill.issued", "bill.paid_in_part"], ("12.34", "5.00", "7.34")),
        ("JPY", "1200.9", 500, ["bill.issued", "bill.paid_in_part"], ("1200", "500", "700")),
        ("KWD", "0.0059", 0, ["bill.issued"], ("0.005", "0.000", "0.005")),
        ("USD", "-3", 0, ["bill.issued", "bill.settled"], ("0.00", "0.00", "0.00")),
    ],
)
def test_what_is_announced_when_a_bill_is_issued(currency, accrued, cash, topics, last):
    rows = announcements("acct-7", currency, accrued, cash)
    assert [row.topic for row in rows] == topics
    facts = read_announcement(rows[-1].topic, rows[-1].payload)
    assert isinstance(facts, BillFacts)
    assert (facts.payable, facts.paid, facts.outstanding) == last
    assert {row.topic for row in rows} <= TOPICS.keys()


def test_every_fact_has_a_published_shape_with_its_very_fields():
    assert SHAPES.keys() == PUBLISHED.keys()
    for facts, shape in SHAPES.items():
        assert list(shape.model_fields) == list(facts._fields)
        assert all(field.is_required() for field in shape.model_fields.values())


@pytest.mark.parametrize(
    "changed",
    [
        {"payable": "12,34"}, {"payable": 12}, {"payable": "-1.00"}, {"cycle": "202610"}, {"currency": "usd"},
        {"state": "accruing"}, {"surplus": "x"}, {"account": None},
    ],
)  # fmt: skip
def test_a_payload_of_another_shape_is_none_of_the_contract(changed):
    row = announcements("acct-7", "USD", "12.34", 0)[0]
    with pytest.raises(ValidationError):
        read_announcement(row.topic, json.dumps(json.loads(row.payload) | changed))


def test_no_announcement_is_made_by_hand():
    rooms = Path(__file__).parents[2] / "settlement"
    makers = [
        str(path.relative_to(rooms))
        for path in sorted(rooms.rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Announcement"
    ]
    assert makers == ["model/announcements/topics.py"], (
        "facts are given to `announcement`, which knows their topics"
    )

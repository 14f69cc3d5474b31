"""Facts as they are written to the outbox. Rule: R11.1."""

import json

import pytest

from settlement.model.announcements.facts import BillFacts, ParkedFacts
from settlement.model.announcements.topics import PUBLISHED, TOPICS, announcement, bill_announcement

NAMES = ["acct-7", 'quo"te', "back\\slash", "名前", "tab\tnew\nline", "</script>", "{brace}"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("state", ["unsettled", "settled"])
def test_bills_are_announced_in_the_same_bytes_as_everything_else(name, state):
    facts = BillFacts(name, "2026-10", "USD", state, "12.34", "5.00", "7.34")
    row = bill_announcement(7, "bill.issued", facts, "run:1")
    assert row == announcement(7, "bill.issued", facts, "run:1")
    assert list(json.loads(row.payload).items()) == list(facts._asdict().items())


def test_facts_go_under_their_own_topics_only():
    with pytest.raises(TypeError, match=r"ParkedFacts are not published as 'account\.released'"):
        announcement(7, "account.released", ParkedFacts("acct-7", "no reason"), "account:7")
    with pytest.raises(TypeError):
        announcement(7, "account.praked", ParkedFacts("acct-7", "no reason"), "account:7")


def test_every_topic_is_declared_once():
    assert len(TOPICS) == sum(map(len, PUBLISHED.values()))


@pytest.mark.parametrize("facts", PUBLISHED)
def test_every_fact_says_what_it_is_about(facts):
    assert facts.__doc__
    assert not facts.__doc__.startswith(facts.__name__ + "(")

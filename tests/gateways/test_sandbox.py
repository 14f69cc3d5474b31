"""The gateway that moves no money keeps the contract of those that do, in every process the same. Rule: R5.5."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from settlement.gateways.sandbox import SandboxGateway
from settlement.model.charge import Authorized, Declined, RequiresAction, Succeeded, Unknown
from tests.support.gateway_contract import GatewayContract, Subject


@pytest.fixture
def subject() -> Subject:
    return Subject(SandboxGateway(), ok="ok_1", declined="declined_1", hard="stolen_1", action="action_1")


class TestSandbox(GatewayContract):
    """On the adapter alone: it has no network."""


def test_another_process_says_the_same(subject):
    request = subject.asking("ok")
    assert SandboxGateway().charge(request) == SandboxGateway().charge(request)
    assert SandboxGateway().find(request) == subject.gateway.charge(request)


def test_a_lost_answer_is_found_when_it_is_looked_for(subject):
    request = subject.asking("lost_1")
    assert isinstance(subject.gateway.charge(request), Unknown)
    assert isinstance(subject.gateway.charge(request), Unknown)
    found = subject.gateway.find(request)
    assert isinstance(found, Succeeded)
    assert found.amount_minor == request.amount_minor


@pytest.mark.parametrize(
    ("token", "outcome"),
    [("ok", Authorized), ("declined", Declined), ("stolen", Declined), ("action", RequiresAction)],
)
def test_a_hold_goes_by_the_token_too(subject, token, outcome):
    assert isinstance(subject.gateway.authorize(subject.asking(token)), outcome)


def test_it_keeps_no_books_and_says_so(subject):
    subject.gateway.charge(subject.asking("ok"))
    now = datetime.now(UTC)
    assert list(subject.gateway.charges_between(now - timedelta(days=1), now + timedelta(days=1))) == []
    assert SandboxGateway.keeps_books is False

"""The gateway that moves no money keeps the contract of those that do, in every process the same. Rule: R5.5."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from settlement.gateways.sandbox import SandboxGateway
from settlement.model.gateway.charges import (
    Authorized,
    Declined,
    NotFound,
    RequiresAction,
    Succeeded,
    Unknown,
)
from settlement.model.gateway.refund_calls import Refunded, RefundFailed, RefundPending
from tests.support.gateways.contract import GatewayContract, RefundContract, Subject


@pytest.fixture
def subject() -> Subject:
    return Subject(
        SandboxGateway(), ok="ok_1", declined="declined_1", hard="stolen_1", action="action_1",
        slow_refund="slowrefund_1", no_refund="norefund_1",
    )  # fmt: skip


class TestSandbox(GatewayContract, RefundContract):
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


# --------------------------------------------------------------------------------------------- refunds
def test_what_a_token_says_about_giving_back_is_in_the_charges_id(subject):
    ask = {
        token: subject.giving_back(subject.gateway.charge(subject.asking(f"{token}_1")), 500)
        for token in ("norefund", "slowrefund", "lostrefund")
    }
    said = {token: subject.gateway.refund(request) for token, request in ask.items()}
    assert isinstance(said["norefund"], RefundFailed)
    assert isinstance(said["slowrefund"], RefundPending)
    assert subject.gateway.read_refund(said["slowrefund"].gateway_ref) == Refunded(
        said["slowrefund"].gateway_ref, 500
    )
    assert isinstance(said["lostrefund"], Unknown)
    assert isinstance(subject.gateway.find_refund(ask["lostrefund"]), Refunded)


def test_a_charge_is_no_refund_and_a_refund_no_charge(subject):
    taken = subject.gateway.charge(subject.asking("ok_1"))
    given = subject.gateway.refund(subject.giving_back(taken, 500))
    assert subject.gateway.read_refund(taken.gateway_ref) == NotFound()
    assert subject.gateway.read(given.gateway_ref, given.gateway_ref) == NotFound()

"""What a gateway took back by itself, by both providers' own libraries against the stand-in. Rule: R5.6, R5.7."""

from __future__ import annotations

import itertools
import time
from datetime import UTC, datetime, timedelta

import pytest

from settlement.errors import Misconfigured
from settlement.gateways.paypal import disputes
from settlement.gateways.paypal import reversals as reversals_of_paypal
from settlement.gateways.paypal.gateway import PayPalGateway
from settlement.gateways.paypal.refunds import PayPalRefunds
from settlement.gateways.paypal.search import transactions
from settlement.gateways.stripe.gateway import StripeGateway
from settlement.model.gateway.reversals import Reversal
from tests.gateways.test_contract import MADE
from tests.support.gateways.contract import Subject, ref_of
from tests.support.gateways.gatewaysim import GatewaySim
from tests.support.running.receiver import Receiver

DAY = timedelta(days=1)
NOON = datetime(2026, 10, 5, 12, tzinfo=UTC)


@pytest.fixture(params=list(MADE))
def subject(request: pytest.FixtureRequest, sim: GatewaySim) -> Subject:
    return MADE[request.param](sim)


def bare(gateway_ref: str) -> str:
    """The provider's own id, without our prefix."""
    return gateway_ref.rpartition(":")[2]


class Charged:
    """A charge of 12.34 USD, and what whoever has the gateway's dashboard does to it."""

    def __init__(self, sim: GatewaySim, subject: Subject, token: str = "", **more) -> None:
        self.sim, self.gateway = sim, subject.gateway
        self.request = subject.asking(token or subject.ok, **more)
        self.ref = ref_of(self.gateway.charge(self.request))

    def refund(self, **given) -> None:
        self.sim.control(f"charges/{bare(self.ref)}/refund", **given)

    def dispute(self, **given) -> None:
        self.sim.control(f"charges/{bare(self.ref)}/dispute", **given)

    def go_on(self, how: str) -> None:
        (dispute,) = (found for found in self.found() if found.kind == "dispute")
        self.sim.control(f"disputes/{bare(dispute.gateway_ref)}/{how}")

    def found(self) -> list[Reversal]:
        found = self.gateway.reversals_of(self.ref)
        assert isinstance(found, list)
        return found


@pytest.fixture
def charged(sim: GatewaySim, subject: Subject) -> Charged:
    return Charged(sim, subject)


# --------------------------------------------------------------------------------------------- refunds
@pytest.mark.parametrize(("given", "amount"), [({"amount": 500}, 500), ({}, 1234)])
def test_a_refund_made_at_the_dashboard_is_nobodys_here_and_says_whose_charge_it_is_of(
    charged, given, amount
):
    charged.refund(**given)
    (refund,) = charged.found()
    assert (refund.kind, refund.charge_ref) == ("refund", charged.ref)
    assert (refund.reference, refund.charge_reference) == (None, charged.request.reference)
    assert (refund.amount_minor, refund.currency) == (amount, "USD")
    assert (refund.state, refund.funds, refund.moved_at) == ("succeeded", "withdrawn", refund.opened_at)


def test_refunds_of_both_sides_are_told_apart(charged, subject):
    charged.refund(amount=200)
    ours = subject.giving_back(subject.gateway.find(charged.request), 300)
    subject.gateway.refund(ours)
    found = {refund.reference: refund.amount_minor for refund in charged.found()}
    assert found == {None: 200, ours.reference: 300}
    assert len({refund.gateway_ref for refund in charged.found()}) == 2


def test_an_amount_is_in_minor_units_where_a_currency_has_none(sim, subject):
    charged = Charged(sim, subject, amount_minor=500, currency="JPY")
    charged.refund(amount=200)
    charged.dispute()
    assert sorted((each.kind, each.amount_minor, each.currency) for each in charged.found()) == [
        ("dispute", 300, "JPY"), ("refund", 200, "JPY"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("how", "state", "funds"), [("succeed", "succeeded", "withdrawn"), ("fail", "failed", "returned")]
)
def test_a_refund_under_way_has_moved_nothing_yet_and_ends_in_one_way_or_the_other(
    sim, subject, how, state, funds
):
    charged = Charged(sim, subject, subject.slow_refund)
    charged.refund()
    (refund,) = charged.found()
    assert (refund.state, refund.funds, refund.moved_at) == ("pending", "untouched", None)
    sim.control(f"refunds/{bare(refund.gateway_ref)}/{how}")
    (ended,) = charged.found()
    assert (ended.gateway_ref, ended.state, ended.funds) == (refund.gateway_ref, state, funds)


# --------------------------------------------------------------------------------------------- disputes
def test_a_dispute_is_open_until_it_is_decided(charged):
    charged.dispute(reason="fraudulent")
    (dispute,) = charged.found()
    assert (dispute.kind, dispute.charge_ref, dispute.charge_reference) == (
        "dispute", charged.ref, charged.request.reference,
    )  # fmt: skip
    assert (dispute.amount_minor, dispute.currency, dispute.reference) == (1234, "USD", None)
    assert (dispute.state, dispute.is_open, dispute.reason) == ("needs_response", True, "fraudulent")
    charged.go_on("review")
    (reviewed,) = charged.found()
    assert (reviewed.gateway_ref, reviewed.state, reviewed.is_open) == (
        dispute.gateway_ref,
        "under_review",
        True,
    )


@pytest.mark.parametrize(
    ("how", "state", "gone"), [("win", "won", False), ("cancel", "won", False), ("lose", "lost", True)]
)
def test_how_a_dispute_ends_and_where_the_money_is_then(charged, how, state, gone):
    charged.dispute(amount=500)
    charged.go_on(how)
    (ended,) = charged.found()
    assert (ended.kind, ended.state, ended.is_open, ended.amount_minor) == ("dispute", state, False, 500)
    assert (ended.funds == "withdrawn") is gone
    assert (ended.moved_at is not None) is (ended.funds != "untouched")


def test_one_that_was_lost_and_is_won_after_all_brings_the_money_back(charged):
    charged.dispute()
    charged.go_on("lose")
    charged.go_on("win")
    dispute = next(each for each in charged.found() if each.kind == "dispute")
    assert (dispute.state, dispute.funds, dispute.amount_minor) == ("won", "returned", 1234)


def test_an_inquiry_takes_nothing_until_it_is_more_than_that(charged):
    charged.dispute(inquiry=True)
    (inquiry,) = charged.found()
    assert (inquiry.state, inquiry.funds) == ("needs_response", "untouched")
    charged.go_on("review")
    charged.go_on("cancel")
    (ended,) = charged.found()
    assert (ended.state in {"won", "closed"}, ended.funds) == (True, "untouched")


def test_a_bank_takes_the_money_first_and_paypal_when_it_has_decided(charged, subject):
    charged.dispute()
    (dispute,) = charged.found()
    assert dispute.funds == ("withdrawn" if subject.gateway.name == "stripe" else "untouched")


def test_an_inquiry_that_goes_to_the_bank_is_a_dispute(sim):
    charged = Charged(sim, MADE["stripe"](sim))
    charged.dispute(inquiry=True)
    charged.go_on("escalate")
    (dispute,) = charged.found()
    assert (dispute.state, dispute.funds) == ("needs_response", "withdrawn")


def test_what_a_dispute_took_is_not_counted_once_more_as_the_reversal_that_paypal_shows(sim):
    charged = Charged(sim, MADE["paypal"](sim))
    charged.refund(amount=500)
    charged.dispute(amount=500)
    charged.go_on("lose")
    found = charged.found()
    assert sorted((each.kind, each.amount_minor) for each in found) == [("dispute", 500), ("refund", 500)]
    assert {each.gateway_ref.partition(":")[0] for each in found} == {"dispute", "refund"}
    now = datetime.now(UTC)
    listed = charged.gateway.reversals_between(now - DAY, now + DAY)
    assert {each.gateway_ref for each in listed} == {each.gateway_ref for each in found}


# --------------------------------------------------------------------------------------------- by time
def test_a_day_lists_what_was_made_and_what_changed_in_it_each_once(sim, subject):
    gateway = subject.gateway
    sim.control("clock", set=NOON.isoformat())
    older, newer = Charged(sim, subject), Charged(sim, subject)
    older.dispute(amount=500)
    sim.control("clock", set=(NOON + DAY).isoformat())
    older.go_on("review")
    older.go_on("lose")
    newer.refund(amount=234)
    newer.dispute(amount=1000)
    newer.go_on("win")

    def on(day: datetime) -> list[tuple[str, str, int]]:
        listed = gateway.reversals_between(day - DAY / 4, day + DAY / 4)
        return sorted((each.kind, each.state, each.amount_minor) for each in listed)

    assert on(NOON + DAY) == [
        ("dispute", "lost", 500),
        ("dispute", "won", 1000),
        ("refund", "succeeded", 234),
    ]
    assert on(NOON + 2 * DAY) == []
    of_charges = [*older.found(), *newer.found()]
    listed = list(gateway.reversals_between(NOON - DAY, NOON + 2 * DAY))
    assert {each.gateway_ref for each in listed} == {each.gateway_ref for each in of_charges}
    assert len(listed) == 3
    assert {each.charge_ref for each in listed} == {older.ref, newer.ref}


def test_a_refund_that_fails_on_another_day_is_listed_on_that_day_where_changes_are(sim):
    subject = MADE["stripe"](sim)
    sim.control("clock", set=NOON.isoformat())
    charged = Charged(sim, subject)
    charged.refund()
    (refund,) = charged.found()
    sim.control("clock", set=(NOON + 20 * DAY).isoformat())
    sim.control(f"refunds/{refund.gateway_ref}/fail")
    since = NOON + 20 * DAY - DAY / 2
    (listed,) = subject.gateway.reversals_between(since, since + DAY)
    assert isinstance(listed, Reversal)
    assert (listed.gateway_ref, listed.state, listed.funds) == (refund.gateway_ref, "failed", "returned")
    assert listed.charge_reference == charged.request.reference


def test_more_than_a_page_is_listed_whole(sim, subject):
    charged = Charged(sim, subject, amount_minor=10_000)
    number = 120 if subject.gateway.name == "stripe" else 60
    for _ in range(number):
        charged.refund(amount=1)
    for _ in range(number):
        charged.dispute(amount=1, inquiry=True)
    found = charged.found()
    assert len(found) == len({each.gateway_ref for each in found})
    assert len(found) == 2 * number
    now = datetime.now(UTC)
    listed = [each.gateway_ref for each in subject.gateway.reversals_between(now - DAY, now + DAY)]
    assert sorted(listed) == sorted(each.gateway_ref for each in found)


def test_a_list_of_disputes_that_leads_back_to_a_page_of_it_is_not_read_for_ever(sim, monkeypatch):
    charged = Charged(sim, MADE["paypal"](sim))
    link = {"rel": "next", "href": "https://api.paypal.com/v1/customer/disputes?next_page_token=again"}
    monkeypatch.setattr(disputes._Calls, "get", lambda *_: {"items": [], "links": [link]})
    now = datetime.now(UTC)
    with pytest.raises(ValueError, match="leads back"):
        list(charged.gateway.reversals_between(now - DAY, now + DAY))


# --------------------------------------------------------------------------------------------- trouble
def test_a_gateway_that_does_not_answer_says_nothing_of_a_charge(sim, subject, charged):
    charged.refund()
    sim.control("faults", rate=1.0, reads=True, kinds=["error_before"])
    assert not isinstance(subject.gateway.reversals_of(charged.ref), list)
    sim.control("faults", rate=1.0, reads=True, kinds=["rate_limited"])
    assert not isinstance(subject.gateway.reversals_of(charged.ref), list)
    sim.control("faults", rate=0.0)
    assert len(charged.found()) == 1


def test_a_set_up_that_is_refused_is_a_persons_to_mend(sim):
    with pytest.raises(Misconfigured):
        StripeGateway("", url=sim.url, timeout_s=1).reversals_of("pi_1")


def test_a_capture_whose_order_is_gone_is_known_by_the_search_as_soon_as_that_shows_what_it_says(
    sim, monkeypatch
):
    charged = Charged(sim, MADE["paypal"](sim))
    monkeypatch.setattr(PayPalRefunds, "listed", lambda *_: None)
    assert charged.found() == []
    charged.refund(amount=1)
    sim.control("clock", search_lag_s=3600)
    assert isinstance(charged.gateway, PayPalGateway)
    assert not isinstance(charged.gateway.reversals_of(charged.ref), list)
    sim.control("clock", search_lag_s=0)
    (part,) = charged.found()
    assert (part.amount_minor, part.funds, part.reference) == (1, "withdrawn", None)
    assert part.charge_reference == charged.request.reference
    # All of it is gone, and the search does not show the rest yet: what is known says too little.
    charged.refund()
    monkeypatch.setattr(
        reversals_of_paypal, "transactions", lambda *given: itertools.islice(transactions(*given), 2)
    )
    assert not isinstance(charged.gateway.reversals_of(charged.ref), list)
    monkeypatch.setattr(reversals_of_paypal, "transactions", transactions)
    assert sorted(each.amount_minor for each in charged.found()) == [1, charged.request.amount_minor - 1]


def test_what_a_dispute_took_of_a_capture_whose_order_is_gone_counts_once(sim):
    charged = Charged(sim, MADE["paypal"](sim))
    sim.control("orders/forget")
    charged.dispute()
    charged.go_on("lose")
    (found,) = charged.found()
    assert (found.kind, found.state, found.funds) == ("dispute", "lost", "withdrawn")


# --------------------------------------------------------------------------------------------- webhooks
TOLD = {
    "stripe": {
        "refund": ["charge.refunded", "refund.created"],
        "lose": [
            "charge.dispute.closed", "charge.dispute.created", "charge.dispute.funds_withdrawn",
            "charge.dispute.updated",
        ],
        "win": [
            "charge.dispute.closed", "charge.dispute.created", "charge.dispute.funds_reinstated",
            "charge.dispute.funds_withdrawn", "charge.dispute.updated",
        ],
    },
    "paypal": {
        "refund": ["PAYMENT.CAPTURE.REFUNDED"],
        "lose": [
            "CUSTOMER.DISPUTE.CREATED", "CUSTOMER.DISPUTE.RESOLVED", "CUSTOMER.DISPUTE.UPDATED",
            "PAYMENT.CAPTURE.REVERSED",
        ],
        "win": ["CUSTOMER.DISPUTE.CREATED", "CUSTOMER.DISPUTE.RESOLVED", "CUSTOMER.DISPUTE.UPDATED"],
    },
}  # fmt: skip


@pytest.mark.parametrize("how", ["refund", "lose", "win"])
def test_every_webhook_about_money_that_went_back_names_the_charge_to_look_at(sim, subject, charged, how):
    expected = TOLD[subject.gateway.name][how]
    while sim.show()["undelivered"]:
        time.sleep(0.01)
    with Receiver() as receiver:
        secret = {"stripe": "whsec_sim", "paypal": "WH-SIM"}[subject.gateway.name]
        sim.control("webhooks", **{subject.gateway.name: {"url": receiver.url, "secret": secret}})
        if how == "refund":
            charged.refund()
        else:
            charged.dispute()
            charged.go_on("review")
            charged.go_on(how)
        told = receiver.wait_for(len(expected))
    hints = [subject.gateway.notification(*each, at=datetime.now(UTC)) for each in told]
    assert sorted(hint.type for hint in hints) == expected
    assert {hint.charge_ref for hint in hints} == {charged.ref}

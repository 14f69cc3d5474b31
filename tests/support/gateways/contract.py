"""What every adapter owes to whoever charges by it, as tests to inherit. Rule: R5.5.

A test class inherits one of them and brings a fixture `subject`. Run on the sandbox, on the real libraries against the
stand-in, and on the providers' own sandboxes where keys are at hand.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from settlement.errors import Refused
from settlement.gateways.port import Gateway
from settlement.model.gateway.charges import (
    Authorized,
    ChargeOutcome,
    Declined,
    GatewayRequest,
    NotFound,
    RequiresAction,
    Succeeded,
)
from settlement.model.gateway.refund_calls import (
    GivenBackAlready,
    Refunded,
    RefundFailed,
    RefundPending,
    RefundRequest,
)
from settlement.model.gateway.unreadable import Unreadable

NOT_GIVEN = (RefundFailed, GivenBackAlready)


@dataclass(frozen=True)
class Subject:
    """An adapter, and the tokens that make its gateway do what a test needs; an empty one: nobody has such a token.

    `searches_at_once`: what was charged a moment ago is found. `whole`: a currency without decimals.
    """

    gateway: Gateway
    ok: str
    declined: str = ""
    hard: str = ""
    action: str = ""
    slow_refund: str = ""
    no_refund: str = ""
    customer: str = ""
    whole: str = "JPY"
    unknown_charge: str = "pi_of_nobody"
    searches_at_once: bool = True

    def asking(self, token: str, amount_minor: int = 1234, currency: str = "USD") -> GatewayRequest:
        """A request that nobody has made before."""
        return GatewayRequest(
            str(uuid4()), "acc", self.customer, token, amount_minor, currency, datetime.now(UTC)
        )

    def giving_back(self, taken: ChargeOutcome, amount_minor: int, currency: str = "USD") -> RefundRequest:
        """A request to give back a part of a charge that nobody has made before."""
        return RefundRequest(str(uuid4()), ref_of(taken), "acc", amount_minor, currency, datetime.now(UTC))


def token_for(token: str) -> str:
    """The token, or the reason why this cannot be tried here."""
    if not token:
        pytest.skip("this gateway has no token that does so")
    return token


def ref_of(outcome: ChargeOutcome) -> str:
    """The gateway's own id of what was charged or held."""
    assert isinstance(outcome, (Succeeded, Authorized, RequiresAction)), outcome
    return outcome.gateway_ref


class GatewayContract:
    """Of every adapter."""

    def test_a_charge_takes_the_whole_amount(self, subject: Subject) -> None:
        outcome = subject.gateway.charge(subject.asking(subject.ok))
        assert isinstance(outcome, Succeeded)
        assert outcome.gateway_ref
        assert outcome.amount_minor == 1234

    def test_amounts_are_minor_units_also_where_a_currency_has_none(self, subject: Subject) -> None:
        outcome = subject.gateway.charge(subject.asking(subject.ok, 500, subject.whole))
        assert isinstance(outcome, Succeeded)
        assert outcome.amount_minor == 500

    def test_the_same_request_again_is_the_same_charge(self, subject: Subject) -> None:
        request = subject.asking(subject.ok)
        first = subject.gateway.charge(request)
        assert [subject.gateway.charge(request) for _ in range(2)] == [first, first]
        assert isinstance(first, Succeeded)

    def test_another_request_is_another_charge(self, subject: Subject) -> None:
        refs = {ref_of(subject.gateway.charge(subject.asking(subject.ok))) for _ in range(2)}
        assert len(refs) == 2

    def test_a_charge_is_found_by_our_reference(self, subject: Subject) -> None:
        request = subject.asking(subject.ok)
        taken, found = subject.gateway.charge(request), subject.gateway.find(request)
        assert isinstance(taken, Succeeded)
        assert found == taken or (isinstance(found, NotFound) and not subject.searches_at_once)

    def test_a_decline_is_a_value_and_stays_one(self, subject: Subject) -> None:
        request = subject.asking(token_for(subject.declined))
        first, again = subject.gateway.charge(request), subject.gateway.charge(request)
        for outcome in (first, again):
            assert isinstance(outcome, Declined)
            assert outcome.code
            assert not outcome.final, "trying again another day may help"

    def test_a_card_that_is_lost_for_good_is_a_hard_decline(self, subject: Subject) -> None:
        outcome = subject.gateway.charge(subject.asking(token_for(subject.hard)))
        assert isinstance(outcome, Declined)
        assert outcome.final

    def test_a_payer_who_has_to_confirm_is_waited_for(self, subject: Subject) -> None:
        request = subject.asking(token_for(subject.action))
        waiting = subject.gateway.charge(request)
        assert isinstance(waiting, RequiresAction)
        assert isinstance(subject.gateway.read(waiting.gateway_ref, request.reference), RequiresAction)
        assert isinstance(
            subject.gateway.capture_confirmed(waiting.gateway_ref, request.reference), RequiresAction
        )
        assert subject.gateway.charge(request) == waiting

    def test_a_payer_who_is_given_up_takes_nothing_with_him(self, subject: Subject) -> None:
        request = subject.asking(token_for(subject.action))
        waiting = ref_of(subject.gateway.charge(request))
        assert subject.gateway.void(request, waiting)
        assert not isinstance(subject.gateway.read(waiting, request.reference), Succeeded)

    def test_a_hold_is_no_charge_and_is_let_go_as_often_as_asked(self, subject: Subject) -> None:
        request = subject.asking(subject.ok, 100)
        held = subject.gateway.authorize(request)
        assert isinstance(held, Authorized)
        assert subject.gateway.authorize(request) == held
        assert [subject.gateway.void(request, held.gateway_ref) for _ in range(2)] == [True, True]

    def test_a_hold_can_be_declined(self, subject: Subject) -> None:
        outcome = subject.gateway.authorize(subject.asking(token_for(subject.declined), 100))
        assert isinstance(outcome, Declined)

    @pytest.mark.parametrize("body", [b"", b"{}", b"[]", b"\xff\x00"])
    def test_a_webhook_that_is_not_signed_is_not_believed(self, subject: Subject, body: bytes) -> None:
        with pytest.raises(Refused) as refusal:
            subject.gateway.notification({}, body, at=datetime.now(UTC))
        assert refusal.value.code == "bad_signature"

    def test_it_says_how_long_it_can_be_asked_with_the_same_key(self, subject: Subject) -> None:
        gateway = subject.gateway
        assert gateway.key_lives_for > timedelta(hours=1)
        assert timedelta(0) <= gateway.search_lags_by < gateway.key_lives_for
        assert gateway.holds_lapse_after >= timedelta(0)
        assert gateway.name in {"sandbox", "stripe", "paypal"}


class RefundContract:
    """Of every adapter, about giving back what was charged. Rule: R7.3."""

    def test_a_part_of_a_charge_is_given_back(self, subject: Subject) -> None:
        taken = subject.gateway.charge(subject.asking(subject.ok))
        given = subject.gateway.refund(subject.giving_back(taken, 234))
        assert isinstance(given, Refunded)
        assert given.gateway_ref
        assert given.amount_minor == 234

    def test_a_refund_is_in_minor_units_also_where_a_currency_has_none(self, subject: Subject) -> None:
        taken = subject.gateway.charge(subject.asking(subject.ok, 500, subject.whole))
        given = subject.gateway.refund(subject.giving_back(taken, 500, subject.whole))
        assert isinstance(given, Refunded)
        assert given.amount_minor == 500

    def test_the_same_refund_again_gives_back_once(self, subject: Subject) -> None:
        taken = subject.gateway.charge(subject.asking(subject.ok))
        request = subject.giving_back(taken, 1234)
        first = subject.gateway.refund(request)
        assert isinstance(first, Refunded)
        assert [subject.gateway.refund(request) for _ in range(2)] == [first, first]

    def test_a_refund_is_found_by_our_reference_and_read_by_its_own_id(self, subject: Subject) -> None:
        taken = subject.gateway.charge(subject.asking(subject.ok))
        request = subject.giving_back(taken, 1000)
        given = subject.gateway.refund(request)
        assert isinstance(given, Refunded)
        assert subject.gateway.read_refund(given.gateway_ref) == given
        found = subject.gateway.find_refund(request)
        assert found == given or (isinstance(found, NotFound) and not subject.searches_at_once)

    def test_more_than_was_taken_is_not_given_back(self, subject: Subject) -> None:
        taken = subject.gateway.charge(subject.asking(subject.ok))
        assert isinstance(subject.gateway.refund(subject.giving_back(taken, 1235)), NOT_GIVEN)

    def test_a_refund_under_way_is_no_failure_and_made_once(self, subject: Subject) -> None:
        taken = subject.gateway.charge(subject.asking(token_for(subject.slow_refund)))
        request = subject.giving_back(taken, 500)
        first = subject.gateway.refund(request)
        assert isinstance(first, RefundPending)
        assert subject.gateway.refund(request) == first

    def test_a_charge_that_cannot_be_given_back_says_so_for_good(self, subject: Subject) -> None:
        taken = subject.gateway.charge(subject.asking(token_for(subject.no_refund)))
        request = subject.giving_back(taken, 500)
        for outcome in (subject.gateway.refund(request), subject.gateway.refund(request)):
            assert isinstance(outcome, RefundFailed)
            assert outcome.code

    def test_a_charge_that_nobody_made_is_not_given_back(self, subject: Subject) -> None:
        taken = subject.gateway.charge(subject.asking(subject.ok))
        unknown = subject.giving_back(taken, 500)._replace(charge_ref=subject.unknown_charge)
        assert isinstance(subject.gateway.refund(unknown), RefundFailed)

    def test_a_charge_that_was_given_back_was_taken_all_the_same(self, subject: Subject) -> None:
        request = subject.asking(subject.ok)
        taken = subject.gateway.charge(request)
        assert isinstance(subject.gateway.refund(subject.giving_back(taken, 1234)), Refunded)
        assert subject.gateway.read(ref_of(taken), request.reference) == taken


class BookkeepingContract(GatewayContract, RefundContract):
    """Of every adapter whose gateway remembers what it did: those that money moves by."""

    def test_what_was_never_charged_is_not_found(self, subject: Subject) -> None:
        assert subject.gateway.find(subject.asking(subject.ok)) == NotFound()

    def test_a_charge_is_read_again_by_the_gateways_own_id(self, subject: Subject) -> None:
        request = subject.asking(subject.ok)
        taken = subject.gateway.charge(request)
        assert subject.gateway.read(ref_of(taken), request.reference) == taken

    def test_what_does_not_carry_our_reference_is_not_ours_whoever_names_it(self, subject: Subject) -> None:
        ours, theirs = subject.asking(subject.ok), subject.asking(subject.ok)
        of_others = ref_of(subject.gateway.charge(theirs))
        held = ref_of(subject.gateway.authorize(subject.asking(subject.ok, 100)))
        for named in (of_others, held):
            assert subject.gateway.read(named, ours.reference) == NotFound()
            assert subject.gateway.capture_confirmed(named, ours.reference) == NotFound()

    def test_a_hold_is_read_again_until_it_is_gone(self, subject: Subject) -> None:
        request = subject.asking(subject.ok, 100)
        held = subject.gateway.authorize(request)
        assert subject.gateway.read(ref_of(held), request.reference) == held
        assert subject.gateway.void(request, ref_of(held))
        assert isinstance(subject.gateway.read(ref_of(held), request.reference), Declined)

    def test_a_hold_is_found_by_our_reference_and_so_is_that_it_is_gone(self, subject: Subject) -> None:
        request = subject.asking(subject.ok, 100)
        held = subject.gateway.authorize(request)
        if not subject.searches_at_once:
            pytest.skip("what was held a moment ago is not found yet")
        assert subject.gateway.find(request) == held
        assert subject.gateway.void(request, ref_of(held))
        assert isinstance(subject.gateway.find(request), Declined)

    def test_a_method_that_the_gateway_does_not_know_is_a_hard_decline(self, subject: Subject) -> None:
        outcome = subject.gateway.charge(subject.asking("pm_of_nobody"))
        assert isinstance(outcome, Declined)
        assert outcome.final

    def test_what_was_never_given_back_is_not_found(self, subject: Subject) -> None:
        taken = subject.gateway.charge(subject.asking(subject.ok))
        assert subject.gateway.find_refund(subject.giving_back(taken, 100)) == NotFound()

    def test_refunds_of_one_charge_are_told_apart_and_never_more_than_was_taken(
        self, subject: Subject
    ) -> None:
        taken = subject.gateway.charge(subject.asking(subject.ok))
        parts = [subject.giving_back(taken, amount) for amount in (1000, 234)]
        given = [subject.gateway.refund(part) for part in parts]
        assert [isinstance(outcome, Refunded) for outcome in given] == [True, True]
        assert len(set(given)) == 2
        if subject.searches_at_once:
            assert [subject.gateway.find_refund(part) for part in parts] == given
        assert isinstance(subject.gateway.refund(subject.giving_back(taken, 1)), NOT_GIVEN)

    def test_a_charge_is_no_refund_and_a_refund_no_charge(self, subject: Subject) -> None:
        taken = subject.gateway.charge(subject.asking(subject.ok))
        given = subject.gateway.refund(subject.giving_back(taken, 500))
        assert isinstance(given, Refunded)
        assert not isinstance(subject.gateway.read(given.gateway_ref, str(uuid4())), Succeeded)
        assert not isinstance(subject.gateway.read_refund(ref_of(taken)), Refunded)

    def test_a_refund_of_ours_is_listed_with_its_charge_and_a_charge_that_has_none_lists_nothing(
        self, subject: Subject
    ) -> None:
        request = subject.asking(subject.ok)
        taken = subject.gateway.charge(request)
        assert subject.gateway.reversals_of(ref_of(taken)) == []
        asked = subject.giving_back(taken, 234)
        given = subject.gateway.refund(asked)
        assert isinstance(given, Refunded)
        found = subject.gateway.reversals_of(ref_of(taken))
        assert isinstance(found, list)
        (reversal,) = found
        assert (reversal.kind, reversal.gateway, reversal.gateway_ref) == (
            "refund",
            subject.gateway.name,
            given.gateway_ref,
        )
        assert (reversal.charge_ref, reversal.charge_reference) == (ref_of(taken), request.reference)
        assert (reversal.reference, reversal.amount_minor, reversal.currency) == (asked.reference, 234, "USD")
        assert (reversal.state, reversal.funds) == ("succeeded", "withdrawn")
        assert abs(reversal.opened_at - datetime.now(UTC)) < timedelta(minutes=5)

    def test_a_charge_that_nobody_made_has_no_reversals(self, subject: Subject) -> None:
        assert subject.gateway.reversals_of(subject.unknown_charge) == []

    def test_the_books_hold_what_was_taken_and_not_what_was_held_or_declined(self, subject: Subject) -> None:
        taken = subject.asking(subject.ok)
        others = [subject.asking(subject.ok, 100)]
        charged = subject.gateway.charge(taken)
        given_back = subject.giving_back(charged, 234)
        subject.gateway.refund(given_back)
        subject.gateway.authorize(others[0])
        if subject.declined:
            others.append(subject.asking(subject.declined))
            subject.gateway.charge(others[1])
        now = datetime.now(UTC)
        books = {
            entry.reference: entry
            for entry in subject.gateway.charges_between(
                now - timedelta(minutes=5), now + timedelta(minutes=5)
            )
        }
        assert not books.keys() & {request.reference for request in others}
        assert given_back.reference not in books
        if subject.searches_at_once:
            entry = books[taken.reference]
            assert not isinstance(entry, Unreadable)
            assert (entry.amount_minor, entry.currency) == (1234, "USD")
            assert abs(entry.charged_at - now) < timedelta(minutes=5)

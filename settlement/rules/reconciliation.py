"""Where our books and a gateway's differ, charge by charge, both ways. Rule: R5.7, R11.5."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from settlement.model.gateway.charges import IN_FLIGHT, GatewayCharge
from settlement.model.gateway.reconciliation import (
    Difference,
    DifferenceKind,
    OurCharge,
    OurRefund,
    OurReversal,
)
from settlement.model.gateway.reversals import Reversal
from settlement.model.gateway.unreadable import Unreadable


def differences(
    theirs: Sequence[GatewayCharge], ours: Mapping[str, OurCharge], missing_there: Iterable[OurCharge]
) -> list[Difference]:
    """The gateway's charges that carry a reference of ours against our attempts, by reference; and ours it lacks.

    Attempts that have not ended and were charged are no difference: they are asked about and booked then. Those that
    have ended without success, as far as we know, are: whoever could book the money has tried.
    """
    found = [
        Difference("missing_there", our.reference, "", our.account_id, our.currency, our.charged_minor, None)
        for our in missing_there
    ]
    by_reference: dict[str, list[GatewayCharge]] = defaultdict(list)
    for charge in theirs:
        if charge.reference is not None:
            by_reference[charge.reference].append(charge)
    for reference, charges in by_reference.items():
        our = ours.get(reference)
        found += [_difference("charged_twice", reference, extra, our) for extra in charges[1:]]
        first = charges[0]
        if our is None or (our.state != "succeeded" and not _will_be_booked(our, first)):
            found.append(_difference("missing_here", reference, first, our))
        elif our.state == "succeeded" and (
            (our.charged_minor, our.currency) != (first.amount_minor, first.currency)
        ):
            found.append(_difference("amount_differs", reference, first, our))
    return found


def refund_differences(
    theirs: Sequence[Reversal], ours: Mapping[str, OurRefund], missing_there: Iterable[OurRefund]
) -> list[Difference]:
    """The gateway's refunds that are ours against our rows, by the gateway's own id; and ours that it does not know.

    One that has not ended here is no difference: it is asked about, and booked then.
    """
    found = [
        _refund_difference("refund_missing_there", our, our.gateway_ref or "", our.amount_minor, None)
        for our in missing_there
    ]
    for listed in theirs:
        our = ours.get(listed.gateway_ref)
        if our is None or listed.funds != "withdrawn":
            continue
        if our.state in ("failed", "waiting"):
            found.append(
                _refund_difference("refund_missing_here", our, listed.gateway_ref, None, listed.amount_minor)
            )
        elif our.state == "succeeded" and (our.amount_minor, our.currency) != (
            listed.amount_minor,
            listed.currency,
        ):
            found.append(
                _refund_difference(
                    "refund_differs", our, listed.gateway_ref, our.amount_minor, listed.amount_minor
                )
            )
    return found


def reversal_differences(
    theirs: Iterable[tuple[Reversal, int | None]],
    ours: Mapping[str, OurReversal],
    missing_there: Iterable[OurReversal],
) -> list[Difference]:
    """What the gateway took back of charges of ours by itself, each with the account's id, against what is on record.

    Whoever could book it has tried; what has moved no money is no difference.
    """
    found = [
        Difference(
            "reversal_missing_there",
            our.reference,
            our.gateway_ref,
            our.account_id,
            our.currency,
            our.taken_minor,
            None,
        )
        for our in missing_there
    ]
    for listed, account_id in theirs:
        our = ours.get(listed.gateway_ref)
        gone, booked = gone_minor(listed), 0 if our is None else our.taken_minor
        if gone != booked:
            reference = our.reference if our is not None else listed.charge_reference or listed.charge_ref
            found.append(
                Difference(
                    "reversal_missing_here", reference, listed.gateway_ref, account_id, listed.currency,
                    booked or None, gone or None,
                )
            )  # fmt: skip
    return found


def unread_charges(found: Iterable[Unreadable], ours: Mapping[str, OurCharge]) -> list[Difference]:
    """Charges that carry a reference of ours and cannot be read: whatever they took, nobody can book it."""
    return [
        Difference(
            "amount_differs" if our and our.state == "succeeded" else "missing_here",
            one.reference, one.gateway_ref, our.account_id if our else None,
            our.currency if our else one.currency[:3], our.charged_minor if our else None, None,
        )
        for one in found
        if one.reference is not None
        for our in (ours.get(one.reference),)
    ]  # fmt: skip


def unread_reversals(
    found: Iterable[tuple[Unreadable, int]],
    refunds: Mapping[str, OurRefund],
    on_record: Mapping[str, OurReversal],
) -> list[Difference]:
    """Refunds and disputes of charges of ours, each with the account's id, that cannot be read."""
    differences = []
    for one, account_id in found:
        if (refund := refunds.get(one.gateway_ref)) is not None:
            given = refund.amount_minor if refund.state == "succeeded" else None
            differences.append(_refund_difference("refund_differs", refund, one.gateway_ref, given, None))
            continue
        our = on_record.get(one.gateway_ref)
        differences.append(
            Difference(
                "reversal_missing_here", one.charge_reference or one.charge_ref, one.gateway_ref, account_id,
                our.currency if our else one.currency[:3], our.taken_minor or None if our else None, None,
            )
        )  # fmt: skip
    return differences


def gone_minor(reversal: Reversal) -> int:
    """How much of a payment is gone by what a gateway shows, minor units."""
    return reversal.amount_minor if reversal.funds == "withdrawn" else 0


def _refund_difference(
    kind: DifferenceKind, our: OurRefund, gateway_ref: str, ours_minor: int | None, theirs_minor: int | None
) -> Difference:
    return Difference(
        kind, our.reference, gateway_ref, our.account_id, our.currency, ours_minor, theirs_minor
    )


def _will_be_booked(our: OurCharge, charge: GatewayCharge) -> bool:
    return our.state in IN_FLIGHT and our.currency == charge.currency


def _difference(
    kind: DifferenceKind, reference: str, charge: GatewayCharge, our: OurCharge | None
) -> Difference:
    return Difference(
        kind, reference, charge.gateway_ref, our.account_id if our else None, charge.currency,
        our.charged_minor if our else None, charge.amount_minor,
    )  # fmt: skip

"""Where our books and a gateway's differ, charge by charge, both ways. Rule: R5.7, R11.5."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from settlement.model.gateway.charges import IN_FLIGHT, GatewayCharge
from settlement.model.gateway.reconciliation import Difference, DifferenceKind, OurCharge


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


def _will_be_booked(our: OurCharge, charge: GatewayCharge) -> bool:
    return our.state in IN_FLIGHT and our.currency == charge.currency


def _difference(
    kind: DifferenceKind, reference: str, charge: GatewayCharge, our: OurCharge | None
) -> Difference:
    return Difference(
        kind, reference, charge.gateway_ref, our.account_id if our else None, charge.currency,
        our.charged_minor if our else None, charge.amount_minor,
    )  # fmt: skip

"""Which bills that are over may leave the database now, and why others may not. Pure. Rule: R11.12a."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from settlement.storage.work.operating.archived_bills import OverBill, Repeating


class Stays(StrEnum):
    """Why a bill that is over stays whole in the database."""

    IMPORTED = "has fees of an import"
    SHARED = "shares an event with a bill that stays"
    REPEATED = "an event that repeats fees is not over"
    SET_ASIDE = "events about fees are set aside"
    DIFFERS = "is not the sum of its fees"


@dataclass(frozen=True, slots=True)
class Choice:
    """What goes: bills, and events that booked none of their fees; what stays, by the reason."""

    bills: Sequence[OverBill]
    repeating: Sequence[int]
    stays: Mapping[Stays, int]


def choose(
    bills: Sequence[OverBill],
    *,
    sharing: Iterable[tuple[int, Sequence[int]]],
    repeating: Sequence[Repeating],
    set_aside: frozenset[int],
    before_at: datetime,
) -> Choice:
    """Chooses among bills that are over. `sharing`: months of an account that one event ties together; `repeating`: all
    events of these accounts that repeat fees, which go with what they repeat or keep it; `set_aside`: accounts with
    events that may still be tried again.

    A bill goes with all of its fees, and a fee with its event and all that it reported.
    """
    stays: dict[tuple[int, int], Stays] = {}
    for bill in bills:
        if bill.account_id in set_aside:
            stays[bill.account_id, bill.cycle] = Stays.SET_ASIDE
        elif bill.has_imported:
            stays[bill.account_id, bill.cycle] = Stays.IMPORTED
        elif bill.accrued != bill.fees_total:
            stays[bill.account_id, bill.cycle] = Stays.DIFFERS
    _keep_shared(bills, sharing, stays)
    kept = _repeating_that_stays(bills, repeating, stays, before_at)
    for bill in bills:
        if bill.account_id in kept:
            stays.setdefault((bill.account_id, bill.cycle), Stays.REPEATED)
    reasons = list(stays.values())
    return Choice(
        [bill for bill in bills if (bill.account_id, bill.cycle) not in stays],
        [event.inbox_id for event in repeating if event.account_id not in kept],
        {reason: reasons.count(reason) for reason in Stays if reason in reasons},
    )


def _keep_shared(
    bills: Sequence[OverBill],
    sharing: Iterable[tuple[int, Sequence[int]]],
    stays: dict[tuple[int, int], Stays],
) -> None:
    """Whatever is tied to what stays does too, and what is tied to that."""
    over = {(bill.account_id, int(bill.cycle)) for bill in bills}
    ties = [[(account, cycle) for cycle in cycles] for account, cycles in sharing]
    changed = True
    while changed:
        changed = False
        for tie in ties:
            if any(one not in over or one in stays for one in tie):
                news = [one for one in tie if one in over and one not in stays]
                stays.update(dict.fromkeys(news, Stays.SHARED))
                changed = changed or bool(news)


def _repeating_that_stays(
    bills: Sequence[OverBill],
    repeating: Sequence[Repeating],
    stays: Mapping[tuple[int, int], Stays],
    before_at: datetime,
) -> set[int]:
    """Accounts with an event that repeats fees and may not go itself: what it repeats has to stay with it."""
    goes = {
        (bill.account_id, int(bill.cycle)) for bill in bills if (bill.account_id, bill.cycle) not in stays
    }
    return {
        event.account_id
        for event in repeating
        if event.received_at >= before_at
        or any((event.account_id, cycle) not in goes for cycle in event.cycles)
    }

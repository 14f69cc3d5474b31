"""The shape of one question of the audit."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that must hold: its name, the rule it comes from, the sentence that must be true.

    `faults` is a SELECT of what contradicts it. Its column `account_id` may be NULL; columns named `…_minor` are
    minor units of the column `currency`, or of the account's currency. `whole` says that one account cannot answer it
    by itself: it is about accounts together, about events by their whole table, or leaves parked accounts out.
    """

    name: str
    rule: str
    sentence: str
    faults: str
    whole: bool = False

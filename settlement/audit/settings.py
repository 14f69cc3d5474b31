"""What of the settings the audit compares with: every value that held at some time, since what was decided then stays.

A question takes it as the parameter `:settings`, a JSON object.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta

from settlement.model.policies.collection import CollectionPolicy, DunningTerms
from settlement.model.policies.policy import Policy


def settings_known(policy: Policy, *, at: datetime) -> str:
    """The settings that have held by an instant (UTC), as JSON.

    `thresholds`: of a currency the bank cards' of each time, minor units, and whether there always were some.
    `attempts_per_day`: the fewest. `suspend_days`, `notice_days`, `last_day`: days after a decline, of suspensions, of
    everything that is said, a list for each group of products, and of whatever follows last. `leases_s`: how long
    payments by hand take at most. `longest_s`: the longest time between two calls about the same charge.
    """
    versions = [version for since, version in policy.versions if since <= at]
    collections = [version.collection for version in versions]
    notices = {
        tuple(_notice_days(terms, collection)) for collection in collections for terms in collection.dunning
    }
    retries = {days for collection in collections for days in collection.retry_after_days}
    return json.dumps(
        {
            "thresholds": [_thresholds(code, collections) for code in _currencies(collections)],
            "attempts_per_day": min(collection.attempts_per_day for collection in collections),
            "suspend_days": sorted({t.suspend_after_days for c in collections for t in c.dunning}),
            "notice_days": sorted(notices),
            "last_day": max(retries.union(*notices)),
            "leases_s": sorted({_seconds(version.payment_lease) for version in versions}),
            "longest_s": max(_seconds(step) for c in collections for step in c.inquire_after),
        }
    )


def _currencies(collections: Sequence[CollectionPolicy]) -> list[str]:
    return sorted({entry.currency for collection in collections for entry in collection.thresholds})


def _thresholds(currency: str, collections: Sequence[CollectionPolicy]) -> dict[str, object]:
    known = [collection.thresholds_for(currency) for collection in collections]
    minors = {entry.bank_card_minor for entry in known if entry is not None}
    return {"currency": currency, "minors": sorted(minors), "always": None not in known}


def _notice_days(terms: DunningTerms, collection: CollectionPolicy) -> list[int]:
    effects = (terms.suspend_after_days, terms.release_after_days)
    before = (days - ahead for days in effects for ahead in collection.reminders_before_days if ahead < days)
    return sorted({*effects, *before})


def _seconds(length: timedelta) -> int:
    return round(length.total_seconds())

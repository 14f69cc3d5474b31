"""What others publish of how many bills they make, and what their defaults allow, beside what was measured here.

No ratio is made of them: hardware, and what a bill is, are not the same.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from typing import Any, NamedTuple

from bench.report.table import Table


class Ceiling(NamedTuple):
    """A figure of somebody else: who, what of, how much, on what, whether said or reckoned, and where it was read."""

    who: str
    what: str
    much: str
    on: str
    kind: str
    source: str


PUBLISHED, RECKONED = "published", "reckoned from defaults"
_ORACLE = (
    "https://www.oracle.com/news/announcement/"
    "oracle-scales-up-billing-for-10-million-enterprise-accounts-2022-06-30/"
)
_FLEXPRICE = (
    "https://github.com/flexprice/flexprice/blob/6ea182e8a4e14eecc8afa2c9ab936dea5f33eb1a/internal/temporal/"
    "activities/subscription/schedule_subscription_billing_activities.go"
)
_FLEXPRICE_SCHEDULE = "https://github.com/flexprice/flexprice/pull/1884"
_KILL_BILL = (
    "https://github.com/killbill/killbill-commons/blob/0cb7b0e6ca84a5f9c1f11f6a8f58c76cacc8d916/queue/src/main/"
    "java/org/killbill/notificationq/api/NotificationQueueConfig.java"
)
_LAGO = "https://github.com/getlago/lago-api/blob/0279c4fbb2d4afe34332a565453fe95cbc083433/clock.rb"
_LAGO_EVENTS = "https://getlago.com/docs/guide/events/usage-performances"
CEILINGS = (
    Ceiling(
        who="Oracle Cloud Scale Billing",
        what="accounts billed",
        much="2.29 million an hour; 10 million in 4.5 hours",
        on="a Kubernetes cluster in Oracle's cloud",
        kind=PUBLISHED,
        source=f"[press release, 2022]({_ORACLE})",
    ),
    Ceiling(
        who="Flexprice",
        what="billing periods begun",
        much="15,000 an hour: 500 in a run, a run every 2 minutes",
        on="any; a setting raises it",
        kind=RECKONED,
        source=f"[source]({_FLEXPRICE}), [schedule]({_FLEXPRICE_SCHEDULE})",
    ),
    Ceiling(
        who="Kill Bill",
        what="due notifications, of which a bill is one",
        much="12,000 an hour on a node, if it sleeps 3 s after each 10",
        on="any; settings raise it",
        kind=RECKONED,
        source=f"[source]({_KILL_BILL})",
    ),
    Ceiling(
        who="Lago",
        what="bills",
        much="no figure found; once an hour it looks for who is to be billed that day",
        on="–",
        kind="–",
        source=f"[source]({_LAGO})",
    ),
    Ceiling(
        who="Lago",
        what="usage events taken in, which are no bills",
        much="10,000 a second with PostgreSQL alone",
        on="not in the text",
        kind=PUBLISHED,
        source=f"[guide]({_LAGO_EVENTS})",
    ),
)


def ceilings(results: dict[str, Any]) -> Iterator[Table]:
    """Everybody's figures, ours of the month close first."""
    rows = [*_ours(results.get("month_close", {})), *CEILINGS]
    yield Table("Ceilings, not comparable", ("who", "what", "how much", "on what", "", "source"), rows)


def _ours(section: dict[str, Any]) -> Iterator[Ceiling]:
    for size in section.get("sizes", ()):
        seconds = statistics.median(pair["workers_s"] for pair in size["pairs"])
        machine = section["machine"]
        yield Ceiling(
            who="this system",
            what=f"bills issued and written off, {size['accounts']:,} at once",
            much=f"{size['accounts'] / seconds * 3600 / 1e6:.1f} million an hour",
            on=f"{machine['cores']} cores, PostgreSQL on them too",
            kind="measured",
            source="`make bench ARGS=month-close`",
        )

"""The short forms of `make chaos ARGS=failover` and `ARGS=broker-failover`: a server dies, and another takes over.

Rules: R11.1e, R11.1f.
"""

from __future__ import annotations

from chaos.failover.broker.run import fail_over_broker
from chaos.failover.postgres.run import fail_over
from chaos.failover.report import as_text
from chaos.failover.run import Outcome


def test_nothing_is_lost_with_a_primary() -> None:
    outcome = fail_over(events=300, failovers=1, seed=1)
    assert (outcome.lost, outcome.doubled, outcome.faults) == (0, 0, 0)
    assert outcome.is_good
    assert (outcome.failovers, outcome.events >= 300, len(outcome.gaps_s)) == (1, True, 1)


def test_nothing_is_lost_with_a_master_of_the_broker() -> None:
    outcome = fail_over_broker(events=300, failovers=1, seed=1)
    assert (outcome.lost, outcome.doubled, outcome.faults) == (0, 0, 0)
    assert outcome.is_good
    assert (outcome.failovers, outcome.events >= 300, len(outcome.gaps_s)) == (1, True, 1)


def test_what_is_lost_doubled_or_wrong_is_found_wanting() -> None:
    for wrong in ((1, 0, 0), (0, 1, 0), (0, 0, 1)):
        lost, doubled, faults = wrong
        found = Outcome(10, 1, lost, doubled, faults, gaps_s=[1.5], seconds=3.0)
        assert as_text(found, "primaries killed").splitlines()[-1] == "found wanting"
    stuck = Outcome(10, 1, 0, 0, 0, gaps_s=[1.5], seconds=3.0, unpublished=2)
    assert as_text(stuck, "masters killed").splitlines()[-2:] == [
        "2 announcements were never published", "found wanting",
    ]  # fmt: skip
    assert as_text(Outcome(10, 1, 0, 0, 0, gaps_s=[1.5], seconds=3.0), "masters killed").splitlines() == [
        "10 events, 1 masters killed",
        "0 lost, 0 doubled",
        "the audit found 0 faults",
        "nothing was booked for 1.5 s",
    ]

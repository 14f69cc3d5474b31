"""The short form of `make chaos ARGS=rabbitmq`: the node goes away and comes back, and a worker dies. Rule: R11.1g."""

from __future__ import annotations

import pytest

from chaos.failover.rabbitmq.node import is_installed
from chaos.failover.rabbitmq.run import restart_rabbitmq


@pytest.mark.skipif(not is_installed(), reason="RabbitMQ is not installed on this machine")
def test_nothing_is_lost_or_doubled_when_rabbitmq_and_a_worker_go_away() -> None:
    outcome = restart_rabbitmq(events=300, restarts=1, seed=1)
    assert (outcome.lost, outcome.doubled, outcome.faults, outcome.unpublished) == (0, 0, 0, 0)
    assert (outcome.failovers, outcome.events >= 300, len(outcome.gaps_s)) == (1, True, 1)

"""A stand-in as a process of its own, as new for every test, and plain HTTP to it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.gateways.gatewaysim import GatewaySim, running_gatewaysim
from tests.support.gateways.gatewaysim_calls import Calls


@pytest.fixture(scope="session")
def gatewaysim_process() -> Iterator[GatewaySim]:
    with running_gatewaysim() as sim:
        yield sim


@pytest.fixture
def sim(gatewaysim_process: GatewaySim) -> GatewaySim:
    gatewaysim_process.reset()
    return gatewaysim_process


@pytest.fixture(scope="session")
def client_of_the_process(gatewaysim_process: GatewaySim) -> Iterator[Calls]:
    with Calls(gatewaysim_process) as made:
        yield made


@pytest.fixture
def calls(sim: GatewaySim, client_of_the_process: Calls) -> Calls:
    return client_of_the_process

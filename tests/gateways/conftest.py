from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.gateways.gatewaysim import GatewaySim, running_gatewaysim


@pytest.fixture(scope="session")
def gatewaysim_process() -> Iterator[GatewaySim]:
    with running_gatewaysim() as sim:
        yield sim


@pytest.fixture
def sim(gatewaysim_process: GatewaySim) -> GatewaySim:
    gatewaysim_process.reset()
    return gatewaysim_process

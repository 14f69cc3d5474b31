"""Requests that nobody meant: each is answered as the document says, none with a fault of the server. Rule: R12.6.

`make fuzz` sends as many as wanted.
"""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from interfaces.http.api.openapi import document
from interfaces.http.api.routes import OPERATIONS, PREFIX
from tests.support.arrival import arrive_at
from tests.support.world import World

schemathesis = pytest.importorskip("schemathesis")
EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "10"))
SCHEMA = schemathesis.openapi.from_dict(document(OPERATIONS, prefix=PREFIX))
schemathesis.checks.load_all_checks()
CHECKS = schemathesis.checks.CHECKS.get_by_names([
    "not_a_server_error", "status_code_conformance", "content_type_conformance", "response_schema_conformance",
])  # fmt: skip
FOUND = {result.ok().definition.raw["operationId"]: result.ok() for result in SCHEMA.get_all_operations()}
# Names that are there, so that not every request ends at a name that is not.
KNOWN = {"account": "a", "cycle": "2026-10", "run": "1", "source": "world", "operation": "1"}


@pytest.fixture(scope="module")
def busy(module_server):
    """A deployment with an account that has had a month."""
    world = World(module_server.runtime.store)
    world.open("a")
    world.fee("a", "7.00")
    arrive_at(world.at("2026-11-02 04:00").store, world.now)
    world.tick()
    return module_server


@pytest.mark.parametrize("one", [one for one in OPERATIONS if one.scope], ids=lambda one: one.id)
@pytest.mark.parametrize("mode", schemathesis.GenerationMode, ids=lambda mode: mode.value)
def test_every_answer_is_one_that_is_documented(busy, one, mode):
    caller = busy.caller("fuzz")
    found = FOUND[one.id]

    @settings(
        max_examples=EXAMPLES, deadline=None, database=None, derandomize="FUZZ_EXAMPLES" not in os.environ,
        phases=[Phase.generate], suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=found.as_strategy(generation_mode=mode), named=st.booleans())
    def send(case, named):
        if named:
            case.path_parameters = {
                name: KNOWN.get(name, of) for name, of in (case.path_parameters or {}).items()
            }
        response = case.call(
            base_url=str(busy.client.base_url), headers={"Authorization": f"Bearer {caller.key}"}
        )
        case.validate_response(response, checks=CHECKS)

    send()

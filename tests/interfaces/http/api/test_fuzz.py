"""Requests that nobody meant: each is answered as the document says, none with a fault of the server. Rule: R12.6.

`make fuzz` sends as many as wanted.
"""

from __future__ import annotations

import os
from urllib.parse import quote

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
KNOWN = {
    "account": "a", "cycle": "2026-10", "run": "1", "source": "world", "operation": "1", "row": "1", "name": "top_up",
    "day": "2026-11-01",
}  # fmt: skip


@pytest.fixture(scope="module")
def busy(module_server):
    """A deployment with an account that has had a month."""
    world = World(module_server.runtime.store)
    world.open("a")
    world.fee("a", "7.00")
    arrive_at(world.at("2026-11-02 04:00").store, world.now)
    world.tick()
    return module_server


# What has neither a name in its path, nor a parameter, nor a body, cannot be asked for wrongly.
CASES = [
    pytest.param(one, mode, id=f"{mode.value}-{one.id}")
    for mode in schemathesis.GenerationMode
    for one in OPERATIONS
    if mode.value == "positive" or one.parameters or one.body or "{" in one.path
]


@pytest.mark.parametrize(("one", "mode"), CASES)
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


# Of a header's value what any server lets through.
_VALUES = st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=40)
_HEADERS = st.dictionaries(
    st.sampled_from(
        ["Authorization", "Content-Type", "Stripe-Signature", "Accept", "PayPal-Transmission-Id"]
    ),
    _VALUES,
)
_PATHS = st.sampled_from(
    ["/health", "/ready", "/metrics", "/webhooks/stripe", "/webhooks/paypal"]
) | st.builds(
    "/webhooks/{}".format,
    st.text(st.characters(categories=["L", "N", "P"]), min_size=1, max_size=20).map(quote),
)


@settings(
    max_examples=10 * EXAMPLES, deadline=None, database=None, derandomize="FUZZ_EXAMPLES" not in os.environ,
    phases=[Phase.generate], suppress_health_check=list(HealthCheck),
)  # fmt: skip
@given(
    method=st.sampled_from(["GET", "POST", "PUT", "DELETE"]), path=_PATHS, headers=_HEADERS,
    body=st.binary(max_size=200) | st.sampled_from([b"{}", b"[]", b"null", b'{"a": NaN}', b"[" * 5_000]),
)  # fmt: skip
def test_what_is_beside_the_api_is_never_a_fault_either(busy, method, path, headers, body):
    answer = busy.client.request(method, path, headers=headers, content=body)
    assert answer.status_code < 500 or (answer.status_code == 503 and path in {"/ready", "/metrics"})

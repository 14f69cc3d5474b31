"""Every fault on purpose does what its description says, at both providers, and comes again with the same seed."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest

from sandbox.gatewaysim.faults import KINDS, MEANING
from tests.support.gateways.gatewaysim import GatewaySim, running_gatewaysim
from tests.support.gateways.gatewaysim_calls import Calls

# By kind: status at Stripe and at PayPal (None: the connection breaks), and whether money was taken.
EXPECTED = {
    "lost_before": (None, None, False),
    "lost_after": (None, None, True),
    "rate_limited": (429, 429, False),
    "error_before": (500, 500, False),
    "error_after": (500, 500, True),
    "in_progress": (409, 409, False),
    "slow": (200, 201, True),
    "timeout": (None, None, True),
}
# What the same call is answered with afterwards. Stripe keeps an error of its own under the key, PayPal does not.
REPEATED = {
    "lost_before": (200, 201), "lost_after": (200, 200), "rate_limited": (200, 201), "error_before": (500, 201),
    "error_after": (500, 200), "in_progress": (200, 201), "slow": (200, 200), "timeout": (200, 200),
}  # fmt: skip
Charge = Callable[[], httpx.Response]


def charging(calls: Calls, provider: str, key: str = "k") -> Charge:
    if provider == "stripe":
        return lambda: calls.intent(key=key, reference=key)
    return lambda: calls.order(key=key)


def status(charge: Charge) -> int | None:
    try:
        return charge().status_code
    except (httpx.RemoteProtocolError, httpx.ReadTimeout):
        return None


def test_every_kind_is_described_and_in_the_table():
    assert set(KINDS) == set(MEANING) == set(EXPECTED) == set(REPEATED)


@pytest.mark.parametrize("provider", ["stripe", "paypal"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_scripted_fault(sim, calls, provider, kind):
    sim.control("faults", queue=[kind], timeout_s=1.0, slow_s=0.01)
    column = ("stripe", "paypal").index(provider)
    charge = charging(calls, provider)
    if kind == "timeout":
        with Calls(sim) as impatient:
            impatient.http.timeout = httpx.Timeout(0.3)
            assert status(charging(impatient, provider)) is None
    else:
        assert status(charge) == EXPECTED[kind][column]
    assert len(sim.ledger()["charges"]) == int(EXPECTED[kind][2])

    assert status(charge) == REPEATED[kind][column], "the queue is used up"
    taken = EXPECTED[kind][2] or REPEATED[kind][column] in {200, 201}
    assert [line["reference"] for line in sim.ledger()["charges"]] == ["k"] * taken
    assert sim.show()["faults"]["made"] == {kind: 1}


def test_a_fault_comes_before_an_answer_that_is_given_again(sim, calls):
    charge = charging(calls, "stripe")
    assert status(charge) == 200
    sim.control("faults", queue=["rate_limited", "lost_after", "in_progress"])
    assert [status(charge) for _ in range(4)] == [429, None, 409, 200]
    assert len(sim.ledger()["charges"]) == 1


def test_only_calls_that_move_money_fail(sim, calls):
    its_id = calls.intent().json()["id"]
    sim.control("faults", queue=["rate_limited"])
    assert calls.stripe_get(f"payment_intents/{its_id}").status_code == 200
    assert calls.stripe_get("payment_intents").status_code == 200
    assert calls.http.get("/v2/checkout/orders/none").status_code == 404
    assert sim.show()["faults"]["queue"] == ["rate_limited"]
    assert status(charging(calls, "paypal")) == 429


def test_the_script_is_played_before_chance(sim, calls):
    sim.control("faults", rate=1.0, kinds=["rate_limited"], queue=["in_progress"])
    assert [status(charging(calls, "stripe", f"k{n}")) for n in range(3)] == [409, 429, 429]


@pytest.mark.parametrize(("rate", "statuses"), [(0.0, {200}), (1.0, {429})])
def test_none_or_all(sim, calls, rate, statuses):
    sim.control("faults", rate=rate, kinds=["rate_limited"])
    assert {status(charging(calls, "stripe", f"k{n}")) for n in range(20)} == statuses


def drawn(sim: GatewaySim, calls: Calls, seed: int) -> list[int | None]:
    sim.reset()
    quick = ["rate_limited", "error_before", "in_progress", "lost_before", "lost_after"]
    sim.control("faults", rate=0.5, kinds=quick, seed=seed)
    return [status(charging(calls, "stripe", f"k{n}")) for n in range(60)]


def test_the_same_seed_brings_the_same_faults_and_another_brings_others(sim, calls):
    first = drawn(sim, calls, 5)
    assert drawn(sim, calls, 5) == first
    assert drawn(sim, calls, 6) != first
    assert {200, 429, 500, 409, None} == set(first)


def test_the_same_seed_brings_the_same_faults_in_another_process(sim, calls):
    # What comes at once, that is; which calls fail at all depends on the seed and not on that.
    quick = {"rate": 0.5, "kinds": ["rate_limited", "error_before", "in_progress"]}
    sim.control("faults", seed=9, **quick)
    here = [status(charging(calls, "stripe", f"k{n}")) for n in range(40)]
    with running_gatewaysim("--seed", "9", "--fault-rate", "0.5") as other, Calls(other) as others:
        assert other.show()["faults"]["rate"] == 0.5
        other.control("faults", **quick)
        there = [status(charging(others, "stripe", f"k{n}")) for n in range(40)]
    assert here == there
    assert len(set(here)) == 4


def test_a_fault_that_does_not_exist_is_named_and_changes_nothing(sim, calls):
    sim.control("faults", queue=["rate_limited"])
    for given in ({"queue": ["explode"]}, {"kinds": ["explode"]}):
        response = calls.http.post("/sim/faults", json=given)
        assert response.status_code == 400
        assert "explode" in response.json()["error"]
        assert all(kind in response.json()["error"] for kind in KINDS)
    assert sim.show()["faults"]["queue"] == ["rate_limited"]


def test_new_faults_replace_the_old_ones_and_what_was_made_stays_counted(sim, calls):
    sim.control("faults", queue=["rate_limited", "rate_limited"])
    status(charging(calls, "stripe"))
    sim.control("faults", queue=["in_progress"])
    assert [status(charging(calls, "stripe", f"k{n}")) for n in range(2)] == [409, 200]
    assert sim.show()["faults"] == {"rate": 0.0, "queue": [], "made": {"rate_limited": 1, "in_progress": 1}}

"""The control API: clock, tokens, ledger, and as new."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from typing import Any

import pytest

from sandbox.gatewaysim.faults import MEANING

SECRET = "whsec_sim"


def test_it_says_what_it_is_doing(sim, calls):
    sim.control("clock", set="2026-10-05T00:00:00+00:00")
    calls.intent()
    calls.intent("pm_card_chargeDeclined")
    sim.control("webhooks", stripe={"url": "http://127.0.0.1:1", "secret": SECRET})
    shown = sim.show()
    assert (shown["now"], shown["calls"], shown["charges"]) == ("2026-10-05T00:00:00+00:00", 2, 1)
    assert shown["faults"] == {"rate": 0.0, "queue": [], "made": {}}
    assert (shown["kinds"], shown["webhooks"]) == (MEANING, ["stripe"])
    assert SECRET not in str(shown)


# --------------------------------------------------------------------------------------------- clock
def test_its_clock_is_the_wall_clock_until_it_is_set_and_again_when_it_is_let_go(sim):
    def now() -> datetime:
        return datetime.fromisoformat(sim.show()["now"])

    before = datetime.now(UTC)
    assert before <= now() <= datetime.now(UTC)
    sim.control("clock", set="2031-05-01T00:00:00+00:00")
    assert now() == now() == datetime(2031, 5, 1, tzinfo=UTC)
    sim.control("clock", set=None)
    assert before <= now() <= datetime.now(UTC)


def test_the_clock_is_moved_and_everything_goes_by_it(sim, calls):
    sim.control("clock", set="2026-10-05T00:00:00+00:00")
    assert sim.control("clock", advance_s=90)["now"] == "2026-10-05T00:01:30+00:00"
    assert (
        sim.control("clock", set="2026-10-06T00:00:00+00:00", advance_s=1)["now"]
        == "2026-10-06T00:00:01+00:00"
    )
    instant = datetime(2026, 10, 6, 0, 0, 1, tzinfo=UTC)
    assert calls.intent().json()["created"] == instant.timestamp()
    assert calls.order().json()["create_time"] == "2026-10-06T00:00:01Z"
    assert {line["charged_at"] for line in sim.ledger()["charges"]} == {instant.isoformat()}


# --------------------------------------------------------------------------------------------- tokens
def test_a_token_does_what_it_is_told_one_call_after_the_other_and_stays_at_the_last(sim, calls):
    told = ["declined:insufficient_funds", "action", "ok"]
    shown = sim.control("tokens", pm_mine=told, vault_mine=["declined:PAYER_CANNOT_PAY"])["pm_mine"]
    assert [entry.rstrip(":") for entry in shown] == told
    responses = [calls.intent("pm_mine") for _ in range(4)]
    assert [response.status_code for response in responses] == [402, 200, 200, 200]
    assert responses[0].json()["error"]["decline_code"] == "insufficient_funds"
    assert [response.json()["status"] for response in responses[1:]] == [
        "requires_action",
        "succeeded",
        "succeeded",
    ]
    assert calls.order("vault_mine").json()["details"][0]["issue"] == "PAYER_CANNOT_PAY"


def test_what_a_token_was_told_comes_before_what_its_name_says_and_can_be_taken_back(sim, calls):
    sim.control("tokens", pm_card_visa=["declined:stolen_card"])
    assert calls.intent("pm_card_visa").status_code == 402
    assert calls.intent("pm_card_visa_2").status_code == 200, "told to that token alone"
    assert sim.control("tokens", pm_card_visa=[]) == {}
    assert calls.intent("pm_card_visa").status_code == 200


def test_a_token_that_was_unknown_is_known_once_it_was_told_something(sim, calls):
    assert calls.intent("pm_new").status_code == 400
    sim.control("tokens", pm_new=["ok"])
    assert calls.intent("pm_new").status_code == 200


# --------------------------------------------------------------------------------------------- ledger
def test_the_ledger_holds_what_was_really_charged_in_order(sim, calls):
    calls.intent(reference="r-1", amount="100")
    calls.order(reference="r-2", value="2.00", currency="EUR")
    calls.intent(reference="r-1", amount="300")
    calls.intent("pm_card_chargeDeclined", reference="r-3")
    calls.intent(reference="r-4", capture_method="manual")
    calls.intent("pm_card_authenticationRequired", reference="r-5")
    ledger = sim.ledger()
    assert [(line["gateway"], line["reference"], line["amount_minor"]) for line in ledger["charges"]] == [
        ("stripe", "r-1", 100), ("paypal", "r-2", 200), ("stripe", "r-1", 300),
    ]  # fmt: skip
    assert ledger["by_reference"] == {"r-1": 400, "r-2": 200}
    assert ledger["charged_twice"] == ["r-1"]


def test_the_ledger_holds_a_charge_whose_answer_was_lost(sim, calls):
    sim.control("faults", queue=["error_after"])
    assert calls.intent(reference="r").status_code == 500
    assert sim.ledger()["by_reference"] == {"r": 1234}


# --------------------------------------------------------------------------------------------- as new
def shown_but_for_the_time(sim) -> dict[str, Any]:
    """What was sent off before goes on, so it is left out as well."""
    return {name: value for name, value in sim.show().items() if name not in {"now", "undelivered"}}


def test_reset_makes_it_as_new(sim, calls):
    fresh = shown_but_for_the_time(sim)
    first = calls.intent(key="k").json()
    calls.order(key="k")
    calls.stripe("refunds", payment_intent=first["id"])
    sim.control("faults", rate=0.5, queue=["lost_after"])
    sim.control("clock", set="2031-05-01T00:00:00+00:00", search_lag_s=60)
    sim.control("tokens", pm_card_visa=["declined:stolen_card"])
    sim.control("webhooks", paypal={"url": "http://127.0.0.1:1", "secret": "WH-SIM"})
    sim.reset()
    assert shown_but_for_the_time(sim) == fresh
    assert not any(sim.ledger().values())
    assert calls.stripe_get(f"payment_intents/{first['id']}").status_code == 404
    again = calls.intent(key="k")
    assert "idempotent-replayed" not in again.headers
    assert again.json()["id"] == first["id"], "ids come in the same order again"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/sim/faults", 405),
        ("GET", "/sim/reset", 405),
        ("POST", "/sim/ledger", 405),
        ("GET", "/sim/no", 404),
        ("POST", "/sim/refunds/none/succeed", 404),
        ("POST", "/sim/orders/none/approve", 409),
    ],
)
def test_what_the_control_api_does_not_know(calls, method, path, status):
    assert calls.http.request(method, path).status_code == status


def test_it_listens_on_loopback_unless_told_otherwise(sim):
    assert sim.url.startswith("http://127.0.0.1:")


def test_a_port_that_is_taken_is_said_so(sim):
    port = sim.url.rpartition(":")[2]
    command = [sys.executable, "-m", "sandbox.gatewaysim", "--port", port]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode != 0
    assert "Address already in use" in ended.stderr
    assert "listens" not in ended.stdout

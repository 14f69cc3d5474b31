"""Comparison with the gateways' books on the command line, against a stand-in of theirs."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest

from tests.interfaces.cli.conftest import Cli
from tests.support.gateways.gatewaysim import GatewaySim, running_gatewaysim

FEE = {
    "id": "big",
    "amount": "1500",
    "currency": "USD",
    "product": "compute",
    "incurred_at": "2026-10-10T00:00:00Z",
}


@pytest.fixture(scope="module")
def sim() -> Iterator[GatewaySim]:
    with running_gatewaysim() as running:
        running.control("clock", set="2026-10-20T00:00:00+00:00")
        yield running


@pytest.fixture
def charged(accounts: Cli, sim: GatewaySim, environment: Callable[[str, str], None]) -> Cli:
    """A charge over 1,500.00 was taken at the stand-in."""
    sim.reset()
    sim.control("clock", set="2026-10-20T00:00:00+00:00")
    environment("SETTLE_GATEWAYS__STRIPE_KEY", "sk_test_sim")
    environment("SETTLE_GATEWAYS__STRIPE_URL", sim.url)
    accounts("methods", "add", "acme:eu", "visa", "--kind", "bank_card", "--gateway", "stripe",
             "--customer", "cus_1", "--token", "pm_card_visa")  # fmt: skip
    accounts("emit", "fees", "--account", "acme:eu", "--data", json.dumps({"fees": [FEE]}), "--now")
    assert accounts.json("charges", "run")["calls"] == 1
    accounts("clock", "advance", "2d")
    sim.control("clock", set="2026-10-22T00:00:00+00:00")
    return accounts


def test_days_that_are_over_are_compared_once(charged: Cli) -> None:
    done = charged.json("reconcile", "run")
    assert [(day["ours"], day["theirs"], day["differences"]) for day in done["days"]] == [
        (1, 1, 0),
        (0, 0, 0),
    ]
    assert done["open_differences"] == 0
    assert charged("reconcile", "run").out == "no day is to be compared\n"
    assert "no differences are open" in charged("reconcile", "list").out
    assert charged.json("reconcile", "list")["days"][0]["gateway"] == "stripe"


def test_a_difference_ends_the_command_with_the_code_of_violations_and_is_listed(charged: Cli) -> None:
    charged.as_owner("UPDATE charge_attempt SET charged_minor = charged_minor + 1")
    answer = charged("reconcile", "run", code=5)
    assert "settle reconcile list" in answer.err
    (difference,) = charged.json("reconcile", "list")["differences"]
    assert (difference["kind"], difference["account"]) == ("amount_differs", "acme:eu")
    charged.as_owner("UPDATE charge_attempt SET charged_minor = charged_minor - 1")
    assert charged.json("reconcile", "run", "--day", "2026-10-20")["open_differences"] == 0
    assert charged.json("reconcile", "list")["differences"] == []
    assert charged.json("reconcile", "list", "--all")["differences"][0]["closed_at"] is not None


def test_a_difference_that_was_dealt_with_is_dismissed_with_who_and_how(charged: Cli) -> None:
    charged.as_owner("UPDATE charge_attempt SET charged_minor = charged_minor + 1")
    charged("reconcile", "run", code=5)
    (difference,) = charged.json("reconcile", "list")["differences"]
    assert "settle reconcile list" in charged("reconcile", "dismiss", "none", "--because", "x", code=3).err

    done = charged("reconcile", "dismiss", difference["charge"], "--because", "a cent of ours", "--by", "ana")

    assert done.out == "dismissed by ana: 1 difference\n"
    assert charged("reconcile", "run", "--day", "2026-10-20").out
    assert charged.json("reconcile", "list")["differences"] == []
    (closed,) = charged.json("reconcile", "list", "--all")["differences"]
    assert (closed["dismissed_by"], closed["dismissed_because"]) == ("ana", "a cent of ours")


def test_days_that_were_left_out_are_listed_until_somebody_compares_them(
    charged: Cli, sim: GatewaySim
) -> None:
    charged("clock", "advance", "33d")
    sim.control("clock", set="2026-11-24T00:00:00+00:00")
    assert len(charged.json("reconcile", "run")["days"]) == 31
    listed = charged.json("reconcile", "list", "--limit", "100")["left_out"]
    assert [day["day"] for day in listed][-1] == "2026-10-20"
    assert listed[-1]["gateway"] == "stripe"
    assert "settle reconcile run --day" in charged("reconcile", "list").out
    assert charged.json("reconcile", "run", "--day", "2026-10-20")["days"][0]["ours"] == 1
    assert "2026-10-20" not in [day["day"] for day in charged.json("reconcile", "list")["left_out"]]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("--day", "yesterday"), 2, "2026-11-02"),
        (("--day", "2026-10-22"), 4, "not over"),
        (("--gateway", "paypal"), 2, "stripe"),
    ],
)
def test_what_cannot_be_compared_is_said(
    charged: Cli, arguments: tuple[str, ...], code: int, said: str
) -> None:
    assert said in charged("reconcile", "run", *arguments, code=code).err

"""Charges on the command line: run, listed, shown, resolved."""

from __future__ import annotations

import json
from typing import Any

import pytest

from settlement.gateways.sandbox import SandboxGateway
from settlement.model.gateway.charges import Succeeded
from tests.interfaces.cli.conftest import Cli

FEE = {
    "id": "big",
    "amount": "1500",
    "currency": "USD",
    "product": "compute",
    "incurred_at": "2026-10-10T00:00:00Z",
}
NOBODY = "00000000-0000-0000-0000-000000000000"


def owing(cli: Cli, account: str = "acme:eu", token: str = "tok_ok") -> None:
    """A charge by threshold waits."""
    cli("methods", "add", account, "visa", "--kind", "bank_card", "--gateway", "sandbox", "--token", token)
    cli("emit", "fees", "--account", account, "--data", json.dumps({"fees": [FEE]}), "--now")


def the_charge(cli: Cli) -> dict[str, Any]:
    (charge,) = cli.json("charges", "list", "--account", "acme:eu")["charges"]
    return dict(charge)


def test_a_charge_is_listed_run_and_shown_with_what_it_was_for(accounts: Cli) -> None:
    owing(accounts)
    before = the_charge(accounts)
    assert (before["state"], before["reason"], before["amount"]) == (
        "waiting", "threshold", {"amount": "1500.00", "currency": "USD"},
    )  # fmt: skip
    assert "then" in accounts("charges", "show", str(before["charge"])).out
    assert accounts.json("charges", "run")["calls"] == 1
    shown = accounts.json("charges", "show", str(before["charge"]))
    assert (shown["state"], shown["charged"]) == ("succeeded", {"amount": "1500.00", "currency": "USD"})
    assert shown["bills"] == [
        {"cycle": "2026-10", "amount": {"amount": "1500.00", "currency": "USD"},
         "kept": {"amount": "1500.00", "currency": "USD"}}
    ]  # fmt: skip
    assert accounts("charges", "run").out == "nothing is to be collected now\n"
    collecting = accounts.json("accounts", "show", "acme:eu")["collecting"]
    assert (collecting["uncollected"]["amount"], collecting["charged_at"]["amount"]) == ("0.00", "1000.00")


def test_a_charge_in_doubt_is_hidden_nowhere(issued: Cli) -> None:
    owing(issued)
    charge = the_charge(issued)["charge"]
    issued.as_owner("UPDATE charge_attempt SET state = 'unknown', sent_at = created_at")
    issued("methods", "remove", "acme:eu", "visa")
    for name in ("acme:eu", "acme:eu:2026-10", "acme:eu:2026-11"):  # the second is settled
        told = issued("explain", name).out
        assert "may or may not have been taken" in told
        assert charge in told
        [under_way] = issued.json("explain", name)["account"]["charges_under_way"]
        assert (under_way["charge"], under_way["state"]) == (charge, "unknown")
    [bill] = issued.json("explain", "acme:eu:2026-11")["bills"]
    assert bill["collection"]["step"] == "in_flight", "without a method, too"
    assert charge in issued("accounts", "show", "acme:eu").out


def test_charges_of_an_account_and_a_month(accounts: Cli) -> None:
    owing(accounts)
    accounts("tick")
    [charge] = accounts.json("charges", "list", "--account", "acme:eu")["charges"]
    assert accounts.json("charges", "list", "--account", "acme:eu", "--cycle", charge["cycle"])[
        "charges"
    ] == [charge]
    assert accounts.json("charges", "list", "--account", "acme:eu", "--cycle", "2020-01")["charges"] == []
    assert accounts.json("charges", "list", "--account", "beta", "--cycle", charge["cycle"])["charges"] == []


def test_a_tick_collects_too(accounts: Cli) -> None:
    owing(accounts)
    accounts("tick")
    assert the_charge(accounts)["state"] == "succeeded"


def test_the_sweep_is_done_on_the_way_at_its_own_instant(accounts: Cli) -> None:
    accounts(
        "methods",
        "add",
        "acme:eu",
        "visa",
        "--kind",
        "bank_card",
        "--gateway",
        "sandbox",
        "--token",
        "tok_ok",
    )
    small = FEE | {"amount": "300"}
    accounts("emit", "fees", "--account", "acme:eu", "--data", json.dumps({"fees": [small]}), "--now")
    accounts("clock", "advance", "--to", "2026-11-05", "--run")
    charge = the_charge(accounts)
    # 100.00 of it are in the account and pay first.
    assert (charge["reason"], charge["amount"]["amount"], charge["created_at"]) == (
        "sweep", "200.00", "2026-10-31T15:00:00Z",
    )  # fmt: skip
    assert accounts.json("bills", "list", "--account", "acme:eu")["bills"][0]["state"] == "settled"


def test_a_charge_in_doubt_is_listed_and_resolved_by_an_operator(accounts: Cli) -> None:
    owing(accounts)
    reference = str(the_charge(accounts)["charge"])
    accounts.as_owner(
        "UPDATE charge_attempt SET state = 'unknown', sent_at = created_at, asks = 6, next_at = '2027-01-01'"
    )
    listed = accounts("charges", "list", "--unknown")
    assert reference in listed.out
    assert "resolve" in listed.err
    status = accounts.json("status", code=6)["work"]["collecting"]
    assert (status["in_doubt"], status["for_operator"]) == (1, 1)
    assert "choose one of" in accounts("charges", "resolve", reference, code=2).err
    resolved = accounts.json("charges", "resolve", reference, "--charged", "pi_1")
    assert (resolved["state"], resolved["gateway_ref"]) == ("succeeded", "pi_1")
    assert (
        "nothing is to be resolved" in accounts("charges", "resolve", reference, "--not-charged", code=4).err
    )
    assert accounts.json("charges", "list", "--unknown")["charges"] == []


def test_a_charge_whose_payer_has_to_confirm_is_listed_with_where(accounts: Cli) -> None:
    owing(accounts, token="action_1")
    accounts("charges", "run")
    accounts.as_owner("UPDATE charge_attempt SET action_url = 'https://bank.example/confirm'")
    (waiting,) = accounts.json("charges", "list", "--payer")["charges"]
    assert (waiting["state"], waiting["action_url"]) == ("requires_action", "https://bank.example/confirm")
    assert waiting["gateway_ref"].startswith("sandbox_action_")
    assert "https://bank.example/confirm" in accounts("charges", "list", "--payer").out
    assert accounts.json("charges", "list", "--unknown")["charges"] == []


def test_what_was_not_charged_is_owed_again(accounts: Cli) -> None:
    owing(accounts)
    reference = str(the_charge(accounts)["charge"])
    answer = accounts("charges", "resolve", reference, "--not-charged")
    assert "not charged" in answer.out
    assert "owed again" in answer.err
    listed = accounts.json("charges", "list", "--account", "acme:eu")["charges"]
    assert [row["state"] for row in listed] == ["waiting", "not_charged"]


def test_pages_follow_each_other(accounts: Cli) -> None:
    owing(accounts)
    for _ in range(2):
        newest = accounts.json("charges", "list")["charges"][0]["charge"]
        accounts("charges", "resolve", newest, "--not-charged")
    first = accounts.json("charges", "list", "--limit", "2")
    rest = accounts.json("charges", "list", "--limit", "2", "--after", first["next"])
    assert rest["next"] is None
    seen = [row["charge"] for row in [*first["charges"], *rest["charges"]]]
    assert len(set(seen)) == 3


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("show", NOBODY), 3, "settle charges list"),
        (("show", "no-uuid"), 3, "settle charges list"),
        (("resolve", NOBODY, "--not-charged"), 3, "settle charges list"),
        (("list", "--state", "odd"), 2, "odd"),
        (("list", "--unknown", "--state", "sent"), 2, "one of"),
        (("list", "--unknown", "--payer"), 2, "one of"),
        (("list", "--account", "nobody"), 3, "nobody"),
        (("list", "--after", NOBODY), 3, NOBODY),
    ],
)
def test_what_cannot_be_found_is_said(
    accounts: Cli, arguments: tuple[str, ...], code: int, said: str
) -> None:
    assert said in accounts("charges", *arguments, code=code).err


def test_a_gateway_whose_keys_make_no_sense_is_a_matter_of_settings(accounts: Cli, environment) -> None:
    environment("SETTLE_GATEWAYS__STRIPE_KEY", "sk_test_sim")
    doctor = {check["name"]: check for check in accounts.json("doctor", code=6)["checks"]}
    assert doctor["gateways"]["said"] == "stripe"
    assert doctor["webhooks of stripe"]["level"] == "warn"
    assert "sk_test_sim" not in json.dumps(doctor)


def test_why_an_outcome_could_not_be_booked_is_said_in_words(
    accounts: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    owing(accounts)
    monkeypatch.setattr(SandboxGateway, "charge", lambda *_: Succeeded("g-much", 10**20))
    assert accounts("charges", "run").err.splitlines() == [
        "what a gateway reported could not be booked: an amount or a text in it is out of range"
    ]

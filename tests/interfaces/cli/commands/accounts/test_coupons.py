"""Coupons on the command line."""

from __future__ import annotations

from tests.interfaces.cli.conftest import Cli

USD = {"currency": "USD"}


def test_coupons_are_granted_and_listed_until_they_are_used_up(fees: Cli) -> None:
    fees("coupons", "grant", "beta", "often", "--amount", "25.00", "--until", "2027-01-01")
    grant = ("--kind", "single_use", "--from", "2026-11-01T00:00", "--until", "2026-12-01T00:00")
    rows = fees.json("coupons", "grant", "beta", "once", "--amount", "10.00", *grant)["coupons"]
    assert rows == [
        {
            "coupon": "once", "kind": "single_use", "balance": {"amount": "10.00", **USD}, "state": "not yet",
            "valid_from": "2026-10-31T16:00:00Z", "valid_until": "2026-11-30T16:00:00Z",
            "granted_at": "2026-10-20T00:00:00Z",
        },
        {
            "coupon": "often", "kind": "amount_off", "balance": {"amount": "25.00", **USD}, "state": "valid",
            "valid_from": "2026-10-20T00:00:00Z", "valid_until": "2026-12-31T16:00:00Z",
            "granted_at": "2026-10-20T00:00:00Z",
        },
    ]  # fmt: skip
    assert [row["coupon"] for row in fees.json("accounts", "show", "beta")["coupons"]] == ["once", "often"]
    assert "coupons" in fees("accounts", "show", "beta").out
    fees("clock", "set", "2026-11-02T12:00", "--run")
    assert fees.json("bills", "show", "beta:2026-10")["outstanding"]["amount"] == "25.00"
    assert fees.json("coupons", "list", "beta")["coupons"] == []
    everything = fees.json("coupons", "list", "beta", "--all")["coupons"]
    assert [(row["coupon"], row["state"]) for row in everything] == [
        ("once", "used up"),
        ("often", "used up"),
    ]
    assert "coupon_exists" in fees(
        "coupons", "grant", "beta", "once", "--amount", "1", "--until", "2027-01-01", code=4
    ).err  # fmt: skip

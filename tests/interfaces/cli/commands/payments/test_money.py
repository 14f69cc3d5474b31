"""`settle top-up`, `refunds book`, `cards activate`, `products activate`: each an event underneath. Rule: R12.4d."""

from __future__ import annotations

from tests.interfaces.cli.conftest import Cli

LAST = "SELECT type, data FROM inbox ORDER BY id DESC LIMIT 1"


def test_a_top_up_is_shown_with_what_it_pays_and_done_once(issued: Cli) -> None:
    command = ("top-up", "beta", "70.00", "--idempotency-key", "t1")
    asked = issued(*command, code=2).err
    assert "top-up of 70.00 to beta; automatic write-off then pays 60.00 USD of 1 bill at once" in asked
    done = issued(*command, "--yes").out
    assert "outstanding       0.00 USD on 0 bills" in done
    assert "already done" in issued(*command).err
    assert issued.json("accounts", "show", "beta")["cash"]["amount"] == "10.00"
    assert "nobody" in issued("top-up", "nobody", "1", "--yes", code=3).err
    assert "bad_amount" in issued("top-up", "beta", "1.001", "--yes", code=4).err


def test_a_refund_is_credit_of_a_month_or_cash(issued: Cli) -> None:
    issued("refunds", "book", "beta", "5", "--cycle", "2026-10", "--yes")
    assert issued.rows(LAST) == [
        ("refund", {"amount": "5", "currency": "USD", "to": "credit", "cycle": "2026-10"})
    ]
    assert issued.json("bills", "show", "beta:2026-10")["paid"]["amount"] == "5.00"
    issued("refunds", "book", "acme:eu", "5", "--to", "cash", "--yes")
    assert issued.rows(LAST) == [("refund", {"amount": "5", "currency": "USD", "to": "cash"})]
    assert issued.json("audit")["violations"] == 0


def test_a_card_is_activated_within_its_scope(issued: Cli) -> None:
    scope = ("--product", "compute", "--product", "storage", "--order", "o1")
    valid = ("--from", "2026-11-01", "--until", "2027-01-01")
    issued("cards", "activate", "beta", "gift", "--amount", "9.00", *valid, *scope, "--yes")
    [(event_type, data)] = issued.rows(LAST)
    assert (event_type, data["products"], data["orders"]) == (
        "card_activated",
        ["compute", "storage"],
        ["o1"],
    )
    assert (data["valid_from"], data["valid_until"]) == ("2026-10-31T16:00:00Z", "2026-12-31T16:00:00Z")
    assert issued.json("cards", "list", "beta")["cards"][0]["card"] == "gift"


def test_a_product_is_activated(issued: Cli) -> None:
    issued("products", "activate", "beta", "compute")
    assert issued.rows(LAST) == [("product_activated", {"product": "compute"})]


def test_what_begins_now_is_done_once_when_its_key_is_repeated_later(issued: Cli) -> None:
    given = ("--amount", "9.00", "--until", "2027-06-01", "--idempotency-key")
    commands = (
        ("cards", "activate", "beta", "gift", *given, "c1", "--yes"),
        ("coupons", "grant", "beta", "later", *given, "c2"),
    )
    for command in commands:
        issued(*command)
    issued.as_owner("UPDATE test_clock SET now_at = now_at + interval '1 hour'")
    for command in commands:
        assert "already done" in issued(*command).err
    assert issued.rows("SELECT count(*) FROM inbox WHERE event_id IN ('c1', 'c2')") == [(2,)]

"""`settle senders` and `settle keys`. Rule: R12.1, R12.2."""

from __future__ import annotations


def test_a_key_is_shown_once_listed_without_its_text_and_revoked(cli):
    assert (
        "may send top_up about crm-*"
        in cli("senders", "add", "crm", "--type", "top_up", "--account", "crm-*").out
    )
    key = cli("keys", "create", "crm", "--scope", "send", "--days", "30")
    text = key.out.strip()
    assert text.startswith("settle_")
    assert "it is not shown again" in key.err
    (listed,) = cli.json("keys", "list", "--source", "crm")["keys"]
    assert (listed["source"], listed["scopes"], listed["last_used_at"]) == ("crm", ["send"], None)
    assert text.split("_", 2)[2] not in cli("keys", "list").out
    assert cli.rows(
        "SELECT count(*) FROM api_key WHERE position(convert_to('" + text + "', 'UTF8') in digest) > 0"
    ) == [(0,)]
    cli("keys", "revoke", listed["key"])
    assert cli.json("keys", "list")["keys"][0]["revoked_at"] is not None


def test_senders_are_listed_and_ended(cli):
    cli("senders", "add", "crm", "--type", "top_up")
    cli("senders", "add", "billing")
    cli("senders", "end", "billing")
    found = cli.json("senders", "list")["senders"]
    assert [(row["source"], row["event_types"], row["ended_at"] is None) for row in found] == [
        ("billing", None, False),
        ("crm", ["top_up"], True),
    ]


def test_what_is_not_known_is_named(cli):
    assert "settle senders add" in cli("keys", "create", "nobody", code=3).err
    assert "settle keys list" in cli("keys", "revoke", "x", code=3).err
    assert "settle senders" in cli("senders", "end", "nobody", code=3).err
    assert "'topup' is not known" in cli("senders", "add", "crm", "--type", "topup", code=4).err
    cli("keys", "create", "crm", "--scope", "all", code=2)

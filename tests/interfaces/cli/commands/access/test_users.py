"""`settle users`. Rule: R14.1."""

from __future__ import annotations

import io


def test_users_are_added_listed_reset_and_disabled(cli, monkeypatch):
    assert "as finance" in cli("users", "add", "mona", "--role", "finance").out
    monkeypatch.setattr("sys.stdin", io.StringIO("correct horse battery\n"))
    cli("users", "add", "otto", "--password")
    link = cli("users", "link", "mona", "--url", "https://settle.example/").out.strip()
    assert link.startswith("https://settle.example/console/link/")
    cli("users", "disable", "otto")
    found = cli.json("users", "list")["users"]
    assert [(row["user"], row["role"], row["has_password"], row["disabled_at"] is None) for row in found] == [
        ("mona", "finance", False, True),
        ("otto", "viewer", True, False),
    ]
    cli("users", "reset", "otto", "--role", "operator")
    (otto,) = [row for row in cli.json("users", "list")["users"] if row["user"] == "otto"]
    assert (otto["role"], otto["has_password"], otto["disabled_at"]) == ("operator", False, None)


def test_what_is_wrong_is_named(cli, monkeypatch):
    cli("users", "add", "mona")
    assert "settle users reset mona" in cli("users", "add", "mona", code=4).err
    assert "settle users list" in cli("users", "link", "nobody", code=3).err
    assert "settle users list" in cli("users", "disable", "nobody", code=3).err
    assert "without spaces" in cli("users", "add", "mo na", code=4).err
    assert "known are viewer" in cli("users", "add", "x", "--role", "boss", code=2).err
    monkeypatch.setenv("SETTLE_OIDC__ISSUER", "https://id.example")
    monkeypatch.setenv("SETTLE_OIDC__CLIENT_ID", "settle")
    cli("users", "add", "anna", "--subject", "7")
    assert "user anna" in cli("users", "add", "otto", "--subject", "7", code=4).err
    assert "settle users reset anna" in cli("users", "add", "anna", "--subject", "7", code=4).err
    assert "settle users reset mona" in cli("users", "add", "mona", "--subject", "8", code=4).err
    monkeypatch.setattr("sys.stdin", io.StringIO("short\n"))
    assert "12 characters" in cli("users", "add", "x", "--password", code=4).err

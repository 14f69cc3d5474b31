"""An edit names the state it was made from, and is refused once that is another. Rule: R12.4c."""

from __future__ import annotations

from typing import Any

from interfaces.objects.accounts import read_account
from settlement.model.commands.revisions import account_revision
from settlement.queries import unified_settlements
from tests.support.world import World


def _account(world: World, name: str = "a") -> str:
    with world.store.transaction() as tx:
        found = read_account(tx, name)
    holds = [(hold.reason, hold.ref) for hold in found.holds]
    return account_revision(
        found.account, low_credit_line_minor=found.account.low_credit_line_minor, holds=holds
    )


def _settlement(world: World) -> str:
    with world.store.transaction() as tx:
        found = unified_settlements.settlement(tx, "main", "q4")
        return unified_settlements.revision(tx, found)


def _outcomes(world: World, kind: str) -> list[str]:
    found = world.rows(
        f"SELECT coalesce(reason_code, CAST(state AS text)) FROM inbox WHERE type LIKE '{kind}' ORDER BY id"
    )
    return [row[0] for row in found]


def test_an_edit_of_what_has_changed_before_it_is_booked_is_refused(world):
    world.open("a")
    seen = _account(world)
    edits: list[dict[str, Any]] = [
        {"currency": "USD", "credit_limit": "5.00"},
        {"currency": "USD", "credit_limit": "7.00"},
        {"auto_write_off": False},
    ]
    world.receive(*(world.message("account_changed", "a", if_revision=seen, **edit) for edit in edits))
    world.drain()
    assert _outcomes(world, "account_changed") == ["done", "changed", "changed"]
    assert world.rows("SELECT credit_limit_minor, auto_write_off_enabled FROM account") == [(500, True)]


def test_every_value_that_an_edit_gives_is_in_the_revision_and_money_is_not(world):
    world.open("a")
    seen = {_account(world)}
    edits: list[dict[str, Any]] = [
        {"auto_write_off": False}, {"write_off_past_bills": True}, {"credit_control": True},
        {"currency": "USD", "credit_limit": "5.00"}, {"currency": "USD", "frozen_amount": "1.00"},
        {"currency": "USD", "low_credit_line": "2.00"}, {"hold": {"reason": "dispute", "ref": "case-1"}},
    ]  # fmt: skip
    for number, edit in enumerate(edits, start=2):
        world.send("account_changed", "a", if_revision=_account(world), **edit)
        seen.add(_account(world))
        assert len(seen) == number, edit
    assert set(_outcomes(world, "account_changed")) == {"done"}
    before = _account(world)
    world.top_up("a", "5.00")
    world.fee("a", "1.00")
    assert _account(world) == before


def test_a_settlement_is_edited_run_and_deleted_only_as_it_was_read(world):
    world.open("main", "a")
    world.tie("main", "a")
    for cycle in ("09", "10"):
        world.fee("a", "7.00", f"2026-{cycle}-15T00:00:00Z")
    world.at("2026-11-02 04:00").tick()
    world.send("unified_settlement_created", "main", settlement="q4", accounts=["a"], cycles=["2026-10"])
    seen = _settlement(world)
    list_of = {"settlement": "q4", "accounts": ["a"], "cycles": ["2026-10"]}
    world.send("unified_settlement_edited", "main", if_revision=seen, **list_of)
    assert _settlement(world) == seen, "the same list again"
    world.receive(
        world.message("unified_settlement_run", "main", settlement="q4", if_revision=seen),
        world.message("unified_settlement_deleted", "main", settlement="q4", if_revision=seen),
        world.message("unified_settlement_closed", "main", settlement="q4", if_revision=seen),
    )
    world.drain()
    assert _outcomes(world, "unified_settlement_%") == ["done", "done", "done", "changed", "changed"]
    assert _settlement(world) != seen
    world.send("unified_settlement_closed", "main", settlement="q4", if_revision=_settlement(world))
    assert _outcomes(world, "unified_settlement_closed") == ["changed", "done"]

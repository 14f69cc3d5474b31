"""Every listing page by page and whole as CSV, each with more rows than a page holds. Rule: R12.5."""

from __future__ import annotations

import csv
import hashlib
import io

import pytest

from config.money import money_values
from interfaces.http.api.reads.listings import LISTINGS
from interfaces.http.api.routes import OPERATIONS
from settlement.operations import settings_versions
from settlement.operations.inbox.relay import relay
from settlement.operations.webhooks.endpoints import add_endpoint
from settlement.storage.work import quarantine
from settlement.storage.work.quarantine import Misfit
from tests.support.arrival import arrive_at
from tests.support.fake_gateway import FakeGateway
from tests.support.parking import park
from tests.support.refunds import charged, refund
from tests.support.reversals import look
from tests.support.world import World

_VALID = {"valid_from": "2026-10-01T00:00:00Z", "valid_until": "2027-10-01T00:00:00Z"}
_COMPARED = """
    INSERT INTO reconciliation (gateway, day, since, until, ours, theirs, differences, finished_at)
    SELECT name, '2026-10-18', '2026-10-17T16:00Z', '2026-10-18T16:00Z', 1, 2, 1, '2026-10-20Z'
    FROM unnest(ARRAY['p', 'q']) AS name"""
_DIFFERENT = """
    INSERT INTO reconciliation_difference (gateway, kind, reference, gateway_ref, currency, theirs_minor, found_at)
    SELECT name, 'missing_here', 'r', '', 'USD', 200, '2026-10-19T00:00Z' FROM unnest(ARRAY['p', 'q']) AS name"""
_LEFT_OUT = """
    INSERT INTO schedule_slot (job, logical_at, state, reason, finished_at)
    SELECT 'reconcile:' || name, '2026-10-16T16:00Z', 'skipped', 'too old', '2026-10-20Z'
    FROM unnest(ARRAY['p', 'q']) AS name"""
_AUDITED = """
    INSERT INTO audit_run (day, finished_at, took_s, violations, found)
    SELECT day, '2026-11-03Z', 1.5, 0, '{"cash": 0}' FROM unnest(ARRAY[date '2026-11-01', date '2026-11-02']) AS day"""


@pytest.fixture(scope="module")
def read(module_server):
    """A program that may read and operate, of a deployment that has at least two of everything."""
    world = World(module_server.runtime.store)
    _money_in(world)
    _fund(world)
    _collect(world)
    arrive_at(world.at("2026-11-02 04:00").store, world.now)
    world.tick()
    world.at("2026-11-20 04:00").tick()
    _paid_by_people(world)
    _work(module_server, world)
    return module_server.caller("bi", "read", "operate")


def _money_in(world: World) -> None:
    world.open("a", "m", credit_control=True, credit_limit="100.00")
    world.open("b", "c", "h")
    world.tie("m", "b", "c", "h")
    world.top_up("m", "2.00")
    for name in ("b", "c"):
        world.send("transfer", name, amount="1.00", currency="USD", from_account="m")
    for name in ("a", "m"):
        world.send("payment_term_agreed", name, from_cycle="2026-10", until_cycle="2026-12", period_days=3)
        world.send("payment_term_agreed", name, from_cycle="2027-01", period_days=10)
    for name in ("a", "m", "b", "c", "h"):
        world.fee(name, "30.00", product="ECS")
        world.fee(name, "30.00", product="OSS")


def _fund(world: World) -> None:
    for number in ("1", "2"):
        plain = {"amount": "5.00", "currency": "USD", **_VALID}
        world.send("card_activated", "a", card=f"card-{number}", products=["nothing"], **plain)
        world.send("coupon_granted", "a", coupon=f"coupon-{number}", kind="amount_off", **plain)
        world.send("refund", "a", amount="5.00", currency="USD", cycle="2026-12")
        method = {"kind": "bank_card", "gateway": "sandbox", "method_token": f"ok_{number}"}
        world.send("payment_method_added", "a", method=f"visa-{number}", **method)
        world.send("payment_method_verify", "a", method=f"visa-{number}")


def _collect(world: World) -> None:
    gateway = FakeGateway()
    charged(world, gateway, "d", "e")
    for name in ("d", "e"):
        refund(world, "10.00", name)
    for row in world.rows("SELECT gateway_ref FROM charge_attempt"):
        gateway.dispute(row[0], 5_000, at=world.now)
    look(world, gateway)


def _paid_by_people(world: World) -> None:
    for name, members in (("first", ["b", "c"]), ("second", ["h"])):
        world.send("unified_settlement_created", "m", settlement=name, accounts=members, cycles=["2026-10"])
    for name in ("f", "g"):
        world.open(name)
        world.fee(name, "3.00", incurred_at="2026-11-15T00:00:00Z")
        world.send("account_changed", name, auto_write_off=False)
    arrive_at(world.at("2026-12-02 04:00").store, world.now)
    world.tick()
    for name in ("f", "g"):
        world.top_up(name, "5.00")
        paid = {"payment": "p", "cycle": "2026-11", "currency": "USD", "from_balance": "3.00"}
        world.send("bill_payment_requested", name, **paid)


def _work(server, world: World) -> None:
    for name in ("x", "y"):
        add_endpoint(world.store, name, f"http://127.0.0.1:1/{name}", private=True)
        server.caller(name)
    world.top_up("a", "1.00")
    world.top_up("a", "1.00")
    relay(world.store, lambda _: None, limit=1_000)
    park(world, "f", "g")
    with world.store.transaction() as tx:
        for statement in (_COMPARED, _DIFFERENT, _LEFT_OUT, _AUDITED):
            tx.exec_driver_sql(statement)
        for raw in (b"1", b"2"):
            digest = hashlib.sha256(raw).digest()
            quarantine.keep(tx, Misfit("events", raw.decode(), None, "not_json", "no JSON", raw, 1, digest))
    settings_versions.propose(world.store, money_values(server.runtime.settings), by="somebody")


# The names in a path, and a filter where rows are left out by default.
_NAMES = {"account": "a", "cycle": "2026-10", "settlement": "first", "endpoint": "x"}
_WITH = {"list_settlement_lines": {"account": "m"}}
# In CSV each part of these has its column.
_IN_COLUMNS_OF_THEIR_OWN = {"list_repayments": {"groups"}, "list_runs": {"report"}}
_MORE = {"list_overdue": "&upcoming=true", "list_coupons": "&used_up=true"}


@pytest.mark.parametrize("listing", LISTINGS, ids=lambda listing: listing.id)
def test_pages_of_one_row_are_the_whole_list_in_its_order(read, listing):
    path = listing.path.format(**{**_NAMES, **_WITH.get(listing.id, {})})
    more = _MORE.get(listing.id, "")
    whole = read("GET", f"{path}?limit=1000{more}").json()
    assert whole["next"] is None
    assert len(whole[listing.name]) > 1, whole
    size, found = max(1, len(whole[listing.name]) // 20), []
    after: str | None = ""
    while after is not None:
        answer = read("GET", f"{path}?limit={size}{more}{after and f'&after={after}'}")
        assert answer.status_code == 200, answer.text
        found += answer.json()[listing.name]
        after = answer.json()["next"]
    assert _lasting(found) == _lasting(whole[listing.name])
    rows = list(csv.DictReader(io.StringIO(read("GET", f"{path}?{more}", Accept="text/csv").text)))
    assert len(rows) == len(found)
    assert set(found[0]) <= set(rows[0]) | _IN_COLUMNS_OF_THEIR_OWN.get(listing.id, set())
    has_amounts = any(isinstance(one, dict) and "currency" in one for one in found[0].values())
    assert "currency" in rows[0] or not has_amounts


def _lasting(rows):
    """Without what goes on while it is read."""
    return [{name: value for name, value in row.items() if name != "last_used_at"} for row in rows]


LISTS = [one for one in OPERATIONS if one.id.startswith("list_")]


@pytest.mark.parametrize("one", LISTS, ids=lambda one: one.id)
def test_every_list_is_answered_as_csv(read, one):
    path = one.path.format(**{**_NAMES, **_WITH.get(one.id, {})})
    answer = read("GET", path, Accept="text/csv")
    assert (answer.status_code, answer.headers["content-type"].partition(";")[0]) == (200, "text/csv")
    assert "text/csv" in one.responses[200]
    rows = list(csv.reader(io.StringIO(answer.text)))
    assert len({len(row) for row in rows}) == 1
    nested = [cell for row in rows for cell in row if cell[:1] in {"[", "{"}]
    assert not nested or one.id == "list_announcements", (
        "facts have a contract of their own, and are for programs"
    )


def test_what_has_no_amounts_has_no_currency(read):
    header = read("GET", "/keys", Accept="text/csv").text.splitlines()[0]
    assert header == "key,source,scopes,created_at,expires_at,revoked_at,last_used_at"


def test_announcements_as_csv_are_all_of_them_from_a_place_on(read):
    page = read("GET", "/announcements?limit=3").json()["announcements"]
    rows = list(csv.DictReader(io.StringIO(read("GET", "/announcements", Accept="text/csv").text)))
    assert [row["id"] for row in rows[:3]] == [one["id"] for one in page]
    later = read("GET", f"/announcements?after={page[2]['id']}", Accept="text/csv").text
    assert [row["id"] for row in csv.DictReader(io.StringIO(later))] == [row["id"] for row in rows[3:]]

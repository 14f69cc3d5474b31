"""What other schedulers ask for: not before its time, once, for all or for some. Rule: R12.7."""

from __future__ import annotations

import pytest

from settlement.errors import NotFound, Refused
from settlement.operations.schedule.month_close import MonthCloseLimits
from settlement.operations.schedule.requested_runs import requested, start_run
from tests.support.builders import OCT
from tests.support.world import World


def ask(world: World, kind: str, cycle=None, *names: str) -> tuple[int | None, bool]:
    return start_run(
        world.store,
        requested(kind),
        cycle,
        names,
        at=world.now,
        policy=world.policy,
        limits=MonthCloseLimits(),
    )


def chargeable(world: World, *names: str, amount: str) -> None:
    world.open(*names)
    for name in names:
        world.fee(name, amount)
        card = {"method": "visa", "kind": "bank_card", "gateway": "sandbox", "method_token": f"ok_{name}"}
        assert world.send("payment_method_added", name, **card).refused == 0


def test_nothing_is_begun_before_its_time(world):
    world.open("a")
    world.fee("a", "7.00")
    for kind, latest, first in (
        ("month_close", "2026-11-02 03:59:59", "2026-11-02 04:00"),
        ("month_end_sweep", "2026-10-31 14:59:59", "2026-10-31 15:00"),
    ):
        world.at(latest)
        with pytest.raises(Refused, match="not before") as refused:
            ask(world, kind, OCT)
        assert refused.value.code == "not_due"
        assert world.one("SELECT count(*) FROM run WHERE kind = :kind", kind=kind) == 0
        world.at(first)
        assert ask(world, kind, OCT)[0] is not None


def test_asked_twice_it_is_the_same_run(world):
    world.open("a")
    world.fee("a", "7.00")
    world.at("2026-11-02 04:00")
    first = ask(world, "month_close", OCT)
    assert ask(world, "month_close", OCT) == first
    assert first[1] is True
    world.tick()
    assert ask(world, "month_close", OCT) == (first[0], False)


def test_the_bills_of_some_accounts_are_issued_at_once_and_the_others_by_the_tick(world):
    world.open("a", "b", "c", opening_cash="100.00")
    for name in ("a", "b", "c"):
        world.fee(name, "7.00")
    world.at("2026-11-02 05:00")
    for _ in range(2):
        run_id, has_work = ask(world, "month_close", OCT, "a", "c")
        assert (run_id is not None, has_work) == (True, False)
        assert [world.bills(name)[OCT][0] for name in ("a", "b", "c")] == [
            "settled",
            "accruing",
            "settled",
        ]
    world.tick()
    assert world.rows("SELECT DISTINCT state, issued_at = '2026-11-02 04:00Z' FROM bill") == [
        ("settled", True)
    ]
    assert world.rows("SELECT id, state FROM run WHERE kind = 'month_close'") == [(run_id, "done")]
    assert world.faults() == 0


def test_a_bill_with_an_event_that_waits_is_left_to_the_run(world):
    world.open("a")
    world.fee("a", "7.00")
    world.receive(world.message("top_up", "a", amount="1.00", currency="USD"))
    world.at("2026-11-02 05:00")
    ask(world, "month_close", OCT, "a")
    assert world.bills("a")[OCT][0] == "accruing"


def test_some_accounts_are_swept_and_each_is_swept_once(world):
    chargeable(world, "a", "b", amount="300")
    world.at("2026-10-31 15:00")
    ask(world, "month_end_sweep", OCT, "a")
    ask(world, "month_end_sweep", OCT, "a")
    assert [world.attempts(name) for name in ("a", "b")] == [[("sweep", "waiting", 30_000)], []]
    world.tick()
    assert [world.attempts(name) for name in ("a", "b")] == [[("sweep", "waiting", 30_000)]] * 2


def test_a_sweep_of_a_month_long_past_is_not_begun(world):
    chargeable(world, "a", amount="300")
    world.at("2026-12-15 00:00")
    with pytest.raises(Refused) as refused:
        ask(world, "month_end_sweep", OCT)
    assert refused.value.code == "too_late"


@pytest.mark.parametrize("names", [(), ("a",), ("b",)])
def test_a_late_sweep_deducts_nothing_though_some_were_swept_in_time(world, names):
    chargeable(world, "a", "b", amount="300")
    world.at("2026-10-31 15:00")
    run_id, _ = ask(world, "month_end_sweep", OCT, "a")
    before = [world.attempts(name) for name in ("a", "b")]
    world.at("2026-12-15 00:00")
    if names:
        with pytest.raises(Refused) as refused:
            ask(world, "month_end_sweep", OCT, *names)
        assert refused.value.code == "too_late"
    else:
        assert ask(world, "month_end_sweep", OCT) == (run_id, False)
    assert world.one("SELECT count(*) FROM run_range") == 0
    assert [world.attempts(name) for name in ("a", "b")] == before


def test_a_late_sweep_that_was_begun_in_time_is_found_with_what_waits_of_it(world):
    chargeable(world, "a", amount="300")
    world.at("2026-10-31 15:00")
    begun = ask(world, "month_end_sweep", OCT)
    world.at("2026-12-15 00:00")
    assert ask(world, "month_end_sweep", OCT) == begun == (begun[0], True)
    assert world.one("SELECT count(*) FROM run_range") == 1


def test_an_event_that_waits_keeps_no_account_from_being_swept_or_looked_at(world):
    chargeable(world, "a", amount="300")
    chargeable(world, "b", amount="1500")
    for name in ("a", "b"):
        world.receive(world.message("top_up", name, amount="1.00", currency="USD"))
    ask(world, "threshold_check", None, "b")
    world.at("2026-10-31 15:00")
    ask(world, "month_end_sweep", OCT, "a")
    assert [len(world.attempts(name)) for name in ("a", "b")] == [1, 1]


def test_thresholds_of_some_accounts_are_looked_at(world):
    chargeable(world, "a", "b", amount="1500")
    assert ask(world, "threshold_check", None, "a") == (None, False)
    assert ask(world, "threshold_check") == (None, True)
    assert world.attempts("a") == [("threshold", "waiting", 150_000)]


@pytest.mark.parametrize(
    ("kind", "cycle", "names", "code"),
    [
        ("month_close", None, [], "bad_shape"),
        ("threshold_check", OCT, [], "bad_shape"),
        ("threshold_check", None, ["a"] * 1001, "bad_shape"),
        ("nonsense", OCT, [], "bad_shape"),
        ("threshold_check", None, ["nobody"], "unknown_account"),
    ],
)
def test_what_makes_no_sense_is_refused(world, kind, cycle, names, code):
    with pytest.raises((Refused, NotFound)) as refused:
        ask(world, kind, cycle, *names)
    assert refused.value.code == code

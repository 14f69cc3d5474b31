"""Webhooks whose object cannot be read now, and processes that die: they wait, and nothing is lost. Rule: R5.6."""

from __future__ import annotations

from datetime import timedelta

import pytest

from settlement.errors import Misconfigured, Refused, Unavailable
from settlement.model.gateway.charges import Notification, TryLater, Unknown
from settlement.operations.gateway import webhooks
from settlement.operations.gateway.webhooks import LEASE, MOST_TRIES, RETRY, store_notification
from tests.support.gateways.webhooks_in import Sender, in_doubt, kept, states, tell, work
from tests.support.world import Killed, World, statements


@pytest.fixture(autouse=True)
def audited(world: World):
    """Whatever happens, the books add up at the end."""
    yield
    assert world.faults() == 0


@pytest.fixture
def gateway() -> Sender:
    return Sender()


FAILURES = [
    (Unknown("no answer"), "no answer"), (TryLater("too many requests"), "too many requests"),
    (Misconfigured("wrong key"), "wrong key"), (RuntimeError("a fault of the adapter"), "a fault of the adapter"),
]  # fmt: skip


@pytest.mark.parametrize(("failure", "why"), FAILURES)
def test_an_object_that_cannot_be_read_now_is_read_later(world, gateway, failure, why):
    references = in_doubt(world, gateway, "a")
    tell(world, gateway, reference=references["a"], ref="g-1")
    gateway.says["g-1"] = failure
    work(world, gateway)
    ((_, state, tries, note),) = kept(world)
    assert (state, tries) == ("waiting", 1)
    assert why in str(note)
    assert work(world, gateway) == 0, "not before its time"

    gateway.says.clear()
    world.now += RETRY
    assert work(world, gateway) == 1
    assert kept(world) == [("e1", "done", 2, None)]
    assert states(world, "a") == ["succeeded"]


def test_reading_in_vain_becomes_rarer_and_ends_with_a_note(world, gateway):
    references = in_doubt(world, gateway, "a")
    tell(world, gateway, reference=references["a"], ref="g-1")
    gateway.says["g-1"] = Unknown("no answer")
    waits = []
    while kept(world)[0][1] == "waiting":
        began = world.now
        world.now = world.one("SELECT next_at FROM gateway_event")
        waits.append(world.now - began)
        assert work(world, gateway) == 1
    assert waits == [RETRY * number for number in range(MOST_TRIES)]
    note = "left to the questions about the charge itself: no answer"
    assert kept(world) == [("e1", "ignored", MOST_TRIES, note)]
    world.now += timedelta(days=1)
    assert work(world, gateway) == 0

    # What was left to them they do: the charge itself is asked about.
    world.charge(gateway)
    assert states(world, "a") == ["succeeded"]


def test_one_object_that_cannot_be_read_holds_up_no_other(world, gateway):
    references = in_doubt(world, gateway, "a", "b", "c")
    for name, ref in zip("abc", ("g-1", "g-2", "g-3"), strict=True):
        tell(world, gateway, f"e-{name}", reference=references[name], ref=ref)
    gateway.says["g-2"] = RuntimeError("a fault of the adapter")
    assert work(world, gateway) == 3
    assert states(world, "a", "b", "c") == ["succeeded", "unknown", "succeeded"]
    assert [state for _, state, _, _ in kept(world)] == ["done", "waiting", "done"]


def test_a_batch_takes_the_oldest_and_leaves_the_rest(world, gateway):
    for number in range(5):
        tell(world, gateway, f"e{number}")
        world.now += timedelta(seconds=1)
    assert [work(world, gateway, limit=2) for _ in range(4)] == [2, 2, 1, 0]


def test_while_one_process_reads_another_finds_nothing_to_do(world, gateway):
    references = in_doubt(world, gateway, "a")
    tell(world, gateway, reference=references["a"], ref="g-1")
    others = []
    really_read = gateway.read

    def read(gateway_ref: str, reference: str):
        others.append(work(world, gateway))
        return really_read(gateway_ref, reference)

    gateway.read = read
    assert work(world, gateway) == 1
    assert others == [0]


def test_a_process_that_dies_anywhere_over_it_leaves_it_to_the_next(world, gateway):
    references = in_doubt(world, gateway, "a")
    tell(world, gateway, reference=references["a"], ref="g-1")
    for step in range(100):
        try:
            with statements(world.store, die_at=step):
                work(world, gateway)
        except Killed:
            world.now += LEASE
            continue
        break
    assert step > 5
    while work(world, gateway):
        world.now += LEASE
    assert kept(world)[0][1] == "done"
    assert states(world, "a") == ["succeeded"]
    assert world.announced("charge.") == ["charge.succeeded"]


def test_when_booking_fails_the_webhook_is_not_done(world, gateway, monkeypatch):
    def busy(*_: object, **__: object) -> None:
        raise Unavailable("busy")

    references = in_doubt(world, gateway, "a")
    tell(world, gateway, reference=references["a"], ref="g-1")
    with monkeypatch.context() as patch:
        patch.setattr(webhooks, "book_set", busy)
        with pytest.raises(Unavailable):
            work(world, gateway)
    assert kept(world)[0][1] == "waiting"
    world.now += LEASE
    assert work(world, gateway) == 1
    assert states(world, "a") == ["succeeded"]


def test_webhooks_cost_as_many_statements_however_many_there_are(world, gateway):
    counts = []
    for size in (2, 40):
        references = in_doubt(world, gateway, f"a{size}", f"b{size}")
        ours = [references[f"a{size}"], references[f"b{size}"]]
        for number in range(size):
            reference = ours[number % 2]
            ref = gateway.books[reference].gateway_ref
            tell(world, gateway, f"e{size}-{number}", reference=reference, ref=ref)
        with statements(world.store) as sent:
            assert work(world, gateway) == size
        counts.append(len(sent))
    assert counts[0] == counts[1]


def test_what_is_about_a_parked_account_waits_for_its_release(world):
    gateway = Sender()
    references = in_doubt(world, gateway, "a")
    tell(world, gateway, reference=references["a"], ref="g-1")
    with world.store.transaction() as tx:
        tx.exec_driver_sql("UPDATE account SET parked_at = now(), parked_reason = 'looked into'")
    work(world, gateway)
    assert kept(world)[0][1] == "waiting"
    with world.store.transaction() as tx:
        tx.exec_driver_sql("UPDATE account SET parked_at = NULL, parked_reason = NULL")
    world.now += timedelta(hours=1)
    work(world, gateway)
    assert kept(world)[0][1] == "done"
    assert states(world, "a") == ["succeeded"]


@pytest.mark.parametrize("event_id", ["a\0b", "\ud800", "", 5])
def test_an_id_that_is_no_plain_text_is_refused_and_not_kept(world, event_id):
    class Odd(Sender):
        def notification(self, headers, body, *, at):
            return Notification(event_id, "t", None, None)

    with pytest.raises(Refused) as refused:
        store_notification(world.store, Odd(), {}, b"{}", at=world.now)
    assert refused.value.code == "bad_shape"
    assert kept(world) == []


def test_reading_uses_up_the_rate_limit_of_the_gateway(world):
    gateway = Sender()
    references = in_doubt(world, gateway, "a")
    tell(world, gateway, reference=references["a"], ref="g-1")
    before = world.one("SELECT next_at FROM gateway_pace")
    work(world, gateway)
    assert world.one("SELECT next_at FROM gateway_pace") > before

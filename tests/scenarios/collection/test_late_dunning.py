"""What follows from a decline when nobody looked for a while: the try first, then one stage at a time. Rule: R5.4."""

from __future__ import annotations

from datetime import timedelta

import pytest

from settlement.model.gateway.charges import Unknown
from tests.support.collection import SOFT, with_card
from tests.support.fake_gateway import FakeGateway
from tests.support.world import World

pytestmark = pytest.mark.usefixtures("audited")


def declined(world: World, gateway: FakeGateway) -> None:
    """A charge was declined on 5 October: suspension is on the 20th, release on 4 November."""
    with_card(world, "a")
    world.fee("a", "1000")
    gateway.answers = [SOFT]
    world.charge(gateway)


@pytest.mark.parametrize("day", ["2026-10-21 00:00", "2026-11-20 00:00"])
def test_a_try_that_succeeds_comes_before_any_suspension(world, gateway, day):
    declined(world, gateway)
    world.at(day).tick()
    assert world.announced("account.") == []
    assert world.attempts("a")[1:] == [("retry", "waiting", 100_000)]
    world.charge(gateway)
    world.tick()
    assert world.announced("account.") == ["account.resumed"]


def test_after_a_try_that_declines_one_stage_a_day_is_announced(world, gateway):
    declined(world, gateway)
    world.at("2026-11-20 00:00").tick()
    gateway.answers = [SOFT]
    world.charge(gateway)
    world.tick()
    assert world.announced("account.") == ["account.suspended"]
    world.now += timedelta(hours=23)
    world.tick()
    assert world.announced("account.") == ["account.suspended"]
    world.now += timedelta(hours=1)
    world.tick()
    assert world.announced("account.") == ["account.suspended", "account.releasable"]
    assert len(world.attempts("a")) == 2, "one try makes up for all"
    world.now += timedelta(days=3)
    world.tick()
    assert len(world.announced("account.")) == 2


def test_a_try_without_an_answer_is_waited_for_a_day(world, gateway):
    declined(world, gateway)
    world.at("2026-10-21 00:00").tick()
    gateway.answers = [Unknown("no answer")] * 9
    world.charge(gateway)
    world.now += timedelta(hours=23)
    world.tick()
    assert world.announced("account.") == []
    world.now += timedelta(hours=1)
    world.tick()
    assert world.announced("account.") == ["account.suspended"]


def test_of_several_reminders_the_latest_is_announced(world, gateway):
    declined(world, gateway)
    world.at("2026-10-18 00:00").tick()
    assert world.announced("account.") == ["account.suspension_reminder"]
    assert (
        world.one("SELECT CAST(payload AS text) FROM outbox WHERE topic LIKE 'account.%'").count("2026-10-17")
        == 1
    )


def test_the_next_stage_is_announced_a_day_later_whatever_wakes_the_account_before(world, gateway):
    declined(world, gateway)
    world.at("2026-11-03 20:00").tick()
    gateway.answers = [SOFT]
    world.charge(gateway)
    world.tick()
    late = ["account.suspended", "account.release_reminder"]
    assert world.announced("account.") == late, "two weeks late"
    world.at("2026-11-04 00:00").tick()  # when the release is scheduled
    world.at("2026-11-04 19:59").tick()
    assert world.announced("account.") == late
    world.at("2026-11-04 20:00").tick()
    assert world.announced("account.") == [*late, "account.releasable"]

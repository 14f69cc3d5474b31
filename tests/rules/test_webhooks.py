"""When a delivery is tried again, and when an endpoint is left alone."""

from __future__ import annotations

import pytest

from settlement.model.rows.webhooks import Attempt, Health
from settlement.rules.webhooks import FAILING, PROBE_AFTER_S, RETRY_AFTER_S, TRIES, health_after, retry_in_s


def attempt(tries: int = 1, status: int | None = 500, retry_after_s: float | None = None) -> Attempt:
    return Attempt("e", 1, 1, tries, status, "", retry_after_s)


def test_ten_tries_take_three_days() -> None:
    assert TRIES == 10
    assert 72 * 3600 < sum(RETRY_AFTER_S) < 80 * 3600
    assert [retry_in_s(attempt(tries)) for tries in range(1, 13)] == [*RETRY_AFTER_S, *[PROBE_AFTER_S] * 3]


def test_the_next_try_is_no_earlier_than_the_receiver_wants_it_and_no_later_than_a_day() -> None:
    assert retry_in_s(attempt(1, 429, 60)) == 60
    assert retry_in_s(attempt(3, 429, 60)) == RETRY_AFTER_S[2]
    assert retry_in_s(attempt(1, 429, 1e9)) == 86_400
    assert health_after(Health(), [attempt(1, 429, 60)]) == Health(1, None, 60)


def test_an_endpoint_rests_longer_with_every_failure_in_a_row() -> None:
    rests = [health_after(Health(fails), [attempt()]).rest_s for fails in range(12)]
    assert rests == [0, 0, 5, 10, 20, 40, 80, 160, 300, 300, 300, 300]
    assert FAILING == 3
    assert health_after(Health(9), [attempt(), attempt(status=204)]) == Health()


@pytest.mark.parametrize(
    ("before", "attempts", "because"),
    [
        (Health(9), [attempt(TRIES)], "failing"),
        (Health(9), [attempt(TRIES - 1)], None),
        # Others were taken since: it is this message.
        (Health(2), [attempt(TRIES)], None),
        (Health(30, "failing"), [attempt(TRIES + 3)], "failing"),
        (Health(30, "failing"), [attempt(1, 200)], None),
        (Health(0), [attempt(1, 410)], "gone"),
        (Health(30, "failing"), [attempt(1, 410)], "gone"),
        # Somebody paused it while a message was on its way.
        (Health(0, "by_hand"), [attempt(1, 410)], "by_hand"),
        (Health(0, "by_hand"), [attempt(1, 200)], "by_hand"),
        (Health(0, "gone"), [attempt(1, 200)], "gone"),
    ],
)
def test_when_an_endpoint_is_paused_and_resumed(
    before: Health, attempts: list[Attempt], because: str | None
) -> None:
    assert health_after(before, attempts).paused_because == because

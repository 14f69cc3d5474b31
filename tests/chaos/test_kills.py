"""The short form of `make chaos ARGS=kills`: real workers killed while messages by name are in their hands."""

from __future__ import annotations

from pathlib import Path

from chaos.kills.report import as_text
from chaos.kills.run import Notes, kill_workers


def test_no_message_is_lost_with_a_worker() -> None:
    outcome = kill_workers("ours", messages=600, kills=2, seed=1)
    assert outcome.lost == 0
    assert (outcome.kills, outcome.messages >= 600) == (2, True)


def test_a_message_that_nobody_noted_is_lost_and_one_noted_twice_is_doubled(tmp_path: Path) -> None:
    notes = Notes(tmp_path / "notes")
    notes.look()
    notes.path.write_bytes(b"ready\n0\n2\n")
    notes.look()
    with notes.path.open("ab") as more:
        more.write(b"2\n3\n1")
    notes.look()
    outcome = notes.outcome("ours", messages=5, kills=4, seconds=1.0)
    # What a worker was about to write when it was killed is not written.
    assert (outcome.lost, outcome.doubled, notes.ready) == (2, 1, 1)
    assert outcome.as_json()["lost_per_kill"] == 0.5
    assert "found wanting" in as_text([outcome])

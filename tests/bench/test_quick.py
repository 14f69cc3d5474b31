"""`make bench ARGS=quick` compares with what was recorded, and fails where something has become dearer."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bench import __main__ as bench
from bench.quick import measure, release


def test_what_was_recorded_is_what_is_compared_with(tmp_path: Path) -> None:
    path = tmp_path / "release.json"
    assert release.recorded(path) == {}
    release.record({"bill ÷ hand-made SQL": 1.6, "event": 0.2}, path)
    found = release.compare(
        {"bill ÷ hand-made SQL": 1.83, "event": 0.231, "new": 9.0}, release.recorded(path)
    )
    assert [(one.name, one.recorded, one.is_good) for one in found] == [
        ("bill ÷ hand-made SQL", 1.6, True), ("event", 0.2, False), ("new", None, True),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("now", "code", "word"), [(1.1, 0, "+10%"), (1.2, 5, "+20%, too dear"), (0.5, 0, "-50%")]
)
def test_the_command_fails_where_something_is_dearer(
    monkeypatch: pytest.MonkeyPatch, now: float, code: int, word: str
) -> None:
    monkeypatch.setattr(bench, "servers", nullcontext)
    monkeypatch.setattr(release, "recorded", lambda: {"bill": 1.0})
    monkeypatch.setattr(measure, "measure", lambda _: {"bill": now})
    ended = CliRunner().invoke(bench.app, ["quick"])
    assert ended.exit_code == code
    assert word in ended.output


def test_a_release_is_recorded_for_all_that_is_measured() -> None:
    assert set(release.recorded(release.RECORDED)) == {
        "bill ÷ hand-made SQL", "event by stream ÷ no-op task", "event by Celery, 100 per message ÷ no-op task",
    }  # fmt: skip

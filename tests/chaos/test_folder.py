"""The folder of a run stays where there is something to look at in it, and is named then."""

from __future__ import annotations

from pathlib import Path

import pytest

from chaos.folder import in_folder
from chaos.kills.run import Outcome

GOOD = Outcome("ours", messages=10, kills=1, lost=0, doubled=0, seconds=1.0)
WANTING = Outcome("ours", messages=10, kills=1, lost=1, doubled=0, seconds=1.0)


@pytest.mark.parametrize(
    ("outcome", "keep", "stays"), [(GOOD, False, False), (GOOD, True, True), (WANTING, False, True)]
)
def test_it_stays_after_a_run_that_found_something_or_when_asked_to(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    outcome: Outcome,
    keep: bool,
    stays: bool,
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert in_folder("run-", lambda folder: outcome, keep=keep) is outcome
    left = [*tmp_path.iterdir()]
    assert bool(left) is stays
    assert all(str(folder) in capsys.readouterr().err for folder in left)


def test_it_stays_and_is_named_when_the_run_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    def fails(folder: Path) -> Outcome:
        (folder / "worker.log").write_text("why")
        raise RuntimeError("the standby does not follow")

    with pytest.raises(RuntimeError):
        in_folder("run-", fails)
    (folder,) = tmp_path.iterdir()
    assert (folder / "worker.log").read_text() == "why"
    assert str(folder) in capsys.readouterr().err

"""The units for systemd: the processes of the compose file, as its own checker reads them."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from config.limits import LimitSettings
from config.settings import variables
from worker.processes import PROCESSES

ROOT = Path(__file__).parents[2]
UNITS = ROOT / "ops/systemd"
SERVICES = sorted(UNITS.glob("*.service"))
POOLS = [spec for spec in PROCESSES if spec.queue]


def _lines(unit: Path, key: str) -> list[str]:
    return re.findall(rf"^{key}=(.*)$", unit.read_text(), re.MULTILINE)


def _environment(path: Path) -> dict[str, str]:
    return dict(line.split("=", 1) for line in path.read_text().splitlines())


def test_a_pool_runs_what_the_table_of_processes_says() -> None:
    (template,) = _lines(UNITS / "settle-pool@.service", "ExecStart")
    assert {path.stem for path in (UNITS / "pools").iterdir()} == {spec.queue for spec in POOLS}
    for spec in POOLS:
        assert spec.queue is not None
        line = template.replace("%i", spec.queue).replace("%%", "%")
        for name, value in _environment(UNITS / "pools" / f"{spec.queue}.env").items():
            line = line.replace(f"${{{name}}}", value)
        assert tuple(line.split()[1:]) == spec.command_line("")


def test_beat_the_api_and_the_migration_are_run_as_the_table_and_the_compose_file_say() -> None:
    (beat,) = [spec for spec in PROCESSES if spec.queue is None]
    (line,) = _lines(UNITS / "settle-beat.service", "ExecStart")
    assert tuple(line.split()[1:]) == beat.command_line("/var/lib/settle/beat")
    assert _lines(UNITS / "settle-serve.service", "ExecStart") == ["/opt/settle/bin/settle serve"]
    assert _lines(UNITS / "settle-migrate.service", "ExecStart") == ["/opt/settle/bin/settle db migrate"]


def test_the_target_starts_every_process() -> None:
    (wanted,) = _lines(UNITS / "settle.target", "Wants")
    names = {f"settle-pool@{spec.queue}.service" for spec in POOLS}
    assert set(wanted.split()) == names | {
        "settle-migrate.service", "settle-beat.service", "settle-serve.service",
    }  # fmt: skip


@pytest.mark.parametrize("unit", SERVICES, ids=lambda unit: unit.name)
def test_a_process_is_nobody_special_reads_its_secrets_from_files_and_has_time_to_stop(unit: Path) -> None:
    known = {name for name, _ in variables()}
    given = re.findall(r"SETTLE_\w+", " ".join(_lines(unit, "Environment")))
    assert all(name.removesuffix("_FILE") in known for name in given)
    secrets = {entry.partition(":")[0] for entry in _lines(unit, "LoadCredential")}
    files = set(re.findall(r"%d/(\w+)", " ".join(_lines(unit, "Environment"))))
    assert secrets == files
    assert ("migration_url" in secrets) == (unit.name == "settle-migrate.service")
    assert _lines(unit, "User") == ["settle"]
    assert _lines(unit, "NoNewPrivileges") == _lines(unit, "PrivateTmp") == ["yes"]
    if unit.name != "settle-migrate.service":
        assert float(_lines(unit, "TimeoutStopSec")[0]) > LimitSettings().stop_grace_s
        assert _lines(unit, "Restart") == ["always"]


def test_two_processes_of_a_host_have_no_folder_in_common() -> None:
    folders = [_lines(unit, "StateDirectory")[0] for unit in SERVICES]
    assert len(set(folders)) == len(folders)
    for unit in SERVICES:
        assert f"SETTLE_STATE_DIR=/var/lib/{_lines(unit, 'StateDirectory')[0]}" in unit.read_text()


@pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="systemd-analyze reads units, and is not here"
)
def test_systemd_reads_them_without_a_word(tmp_path: Path) -> None:
    programs = str(Path(sys.executable).parent)
    for source in [*SERVICES, UNITS / "settle.target"]:
        (tmp_path / source.name).write_text(source.read_text().replace("/opt/settle/bin", programs))
    units = [
        str(tmp_path / name)
        for name in ("settle.target", "settle-pool@events.service", "settle-migrate.service", "settle-beat.service",
                     "settle-serve.service")
    ]  # fmt: skip
    checked = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", *units],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (checked.returncode, checked.stderr) == (0, "")
    wrong = tmp_path / "settle-wrong.service"
    wrong.write_text("[Service]\nExecStrat=/bin/true\n")
    found = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(wrong)], capture_output=True, text=True, check=False
    )
    assert "ExecStrat" in found.stderr

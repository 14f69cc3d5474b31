"""The wheel is the whole program: installed alone beside its dependencies it migrates, works and serves pages."""

from __future__ import annotations

import json
import os
import re
import site
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import httpx
import pytest

from settlement import __version__
from tests.support.servers import PostgresForTests

ROOT = Path(__file__).parents[2]
PIP = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input"]
ROOMS = ("settlement", "worker", "tasks", "config", "interfaces", "sandbox")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    offline = ("--quiet", "--no-index", "--no-deps", "--no-build-isolation")
    subprocess.run([*PIP, "wheel", *offline, "-w", folder, ROOT], check=True)
    (built,) = folder.glob("*.whl")
    assert built.name == f"settle_worker-{__version__}-py3-none-any.whl"
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `bin` folder of a virtual environment with the wheel, and with the dependencies of this one."""
    folder = tmp_path_factory.mktemp("installed")
    venv.create(folder, with_pip=False)
    subprocess.run(
        [*PIP, "--python", folder, "install", "--quiet", "--no-index", "--no-deps", wheel], check=True
    )
    (packages,) = folder.glob("lib/python*/site-packages")
    # A path file of a folder that a path file names is not read: the project itself is not found by it.
    (packages / "dependencies.pth").write_text("\n".join(site.getsitepackages()))
    return folder / "bin"


def test_it_holds_what_the_program_reads_and_nothing_of_its_tests(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as opened:
        names = {name for name in opened.namelist() if ".dist-info/" not in name}
    tracked = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", *ROOMS],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if tracked.returncode:
        pytest.skip("no git here to say which files there are")
    assert names == set(tracked.stdout.split("\n")) - {""}


def test_it_migrates_answers_and_serves_pages(
    installed: Path, postgres: PostgresForTests, valkey: str, tmp_path: Path
) -> None:
    inherited = {
        name: value for name, value in os.environ.items() if not name.startswith(("SETTLE_", "PYTHON"))
    }
    with postgres.empty_database() as name:
        environment = inherited | {
            "SETTLE_DATABASE_URL": postgres.worker_url(name), "SETTLE_MIGRATION_URL": postgres.owner_url(name),
            "SETTLE_BROKER_URL": valkey, "SETTLE_BROKER_KEY_PREFIX": "wheel:", "SETTLE_STATE_DIR": str(tmp_path),
        }  # fmt: skip

        def settle(*arguments: str) -> subprocess.CompletedProcess[str]:
            return subprocess.run(
                [installed / "settle", *arguments], env=environment, cwd=tmp_path, capture_output=True, text=True,
                check=False,
            )  # fmt: skip

        migrated = settle("db", "migrate")
        assert migrated.returncode == 0, migrated.stderr
        checked = json.loads(settle("doctor", "--json").stdout)["checks"]
        assert {one["name"]: one["level"] for one in checked}["schema"] == "ok"
        where = [str(installed / "python"), "-c", "import settlement; print(settlement.__file__)"]
        found = subprocess.run(
            where, env=environment, cwd=tmp_path, capture_output=True, text=True, check=True
        )
        assert found.stdout.startswith(str(installed.parent))
        with subprocess.Popen(
            [installed / "settle", "serve", "--port", "0"], env=environment, cwd=tmp_path, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, text=True,
        ) as server:  # fmt: skip
            try:
                assert server.stdout is not None
                address = server.stdout.readline().split()[-1]
                page = httpx.get(f"{address}/console/login")
                assert page.status_code == 200
                assets = re.findall(r'(?:href|src)="(/console/[^"]+\.(?:css|js))"', page.text)
                assert {httpx.get(address + asset).status_code for asset in assets} == {200}
            finally:
                server.terminate()


def test_the_constraints_are_the_lock_without_its_hashes() -> None:
    made = subprocess.run(
        ["make", "--silent", "--no-print-directory", "constraints"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    lines = made.stdout.splitlines()
    locked = re.findall(r"^([\w.-]+==\S+)", (ROOT / "requirements.lock").read_text(), re.MULTILINE)
    assert [line.split(" ")[0] for line in lines] == locked
    assert not [line for line in lines if "--hash" in line or line.endswith("\\")]

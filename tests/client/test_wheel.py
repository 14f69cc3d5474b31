"""The client is a wheel of its own, which needs httpx and pydantic and nothing of the server."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import zipfile
from importlib.metadata import Distribution, distribution
from pathlib import Path

import pytest

from tests.client.places import ROOT

CLIENT = ROOT / "client"
PACKAGE = CLIENT / "src" / "settle_client"
SOURCES = sorted(path for path in PACKAGE.rglob("*") if path.is_file() and path.parent.name != "__pycache__")
SERVER = {
    "settlement",
    "worker",
    "tasks",
    "config",
    "interfaces",
    "sandbox",
    "bench",
    "chaos",
    "tests",
    "client",
}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input"]
    subprocess.run(
        [*pip, "wheel", "--quiet", "--no-index", "--no-deps", "--no-build-isolation", "-w", folder, CLIENT], check=True
    )  # fmt: skip
    (built,) = folder.glob("*.whl")
    return built


def needed(name: str, found: dict[str, Distribution] | None = None) -> dict[str, Distribution]:
    """A distribution that is installed, and all that it needs without extras."""
    found = {} if found is None else found
    if name not in found:
        found[name] = distribution(name)
        for line in found[name].requires or []:
            requirement, _, marker = line.partition(";")
            other = re.split(r"[^A-Za-z0-9._-]", requirement.strip())[0].lower()
            if "extra ==" not in marker and ("python_version" not in marker or is_installed(other)):
                needed(other, found)
    return found


def is_installed(name: str) -> bool:
    try:
        distribution(name)
    except ImportError:
        return False
    return True


def test_it_holds_the_client_its_types_and_its_licence(wheel):
    with zipfile.ZipFile(wheel) as opened:
        names = set(opened.namelist())
        (metadata,) = (opened.read(name).decode() for name in names if name.endswith(".dist-info/METADATA"))
    assert {name.partition("/")[0] for name in names if ".dist-info/" not in name} == {"settle_client"}
    assert {name for name in names if name.startswith("settle_client/")} == {
        f"settle_client/{path.relative_to(PACKAGE)}" for path in SOURCES
    }
    assert {"settle_client/py.typed", "settle_client/resources/bills.py"} <= names
    assert any(name.endswith("licenses/LICENSE") for name in names)
    wanted = {
        line.removeprefix("Requires-Dist: ")
        for line in metadata.splitlines()
        if line.startswith("Requires-Dist")
    }
    assert {re.split(r"[<>=]", one)[0] for one in wanted} == {"httpx", "pydantic"}


def test_it_is_imported_where_nothing_but_what_it_needs_is_installed(wheel, tmp_path):
    for one in (needed("httpx") | needed("pydantic")).values():
        for file in one.files or []:
            top = file.parts[0]
            if top not in ("..", "__pycache__") and not (tmp_path / top).exists():
                (tmp_path / top).symlink_to(Path(str(one.locate_file(top))))
    code = (
        f"import sys; sys.path[:0] = [{str(wheel)!r}, {str(tmp_path)!r}]\n"
        "import settle_client, settle_client.webhooks, asyncio\n"
        "at = ('http://127.0.0.1:1', 'key')\n"
        "once = settle_client.Retries(tries=1)\n"
        "async def main():\n"
        "    async with settle_client.AsyncClient(*at, retries=once) as client:\n"
        "        await client.accounts.list()\n"
        "for send in (lambda: asyncio.run(main()), settle_client.Client(*at, retries=once).accounts.list):\n"
        "    try:\n"
        "        send()\n"
        "    except settle_client.Unreachable as error:\n"
        "        assert 'refused' in str(error) or 'attempts failed' in str(error), error\n"
        "print(settle_client.__file__, *sorted({name.partition('.')[0] for name in sys.modules}))"
    )
    ended = subprocess.run(
        [sys.executable, "-I", "-S", "-W", "error", "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
    )
    # Nothing of it warns, neither when it is imported nor when a request was sent nor at the end.
    assert ended.stderr == ""
    where, *loaded = ended.stdout.split()
    assert where.startswith(str(wheel))
    assert {"httpx", "pydantic"} <= set(loaded)
    assert SERVER.isdisjoint(loaded)
    assert {"sqlalchemy", "celery", "redis", "psycopg", "starlette", "structlog"}.isdisjoint(loaded)


def imported(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {name.name.partition(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add((node.module or "").partition(".")[0])
    return found


@pytest.mark.parametrize(
    "path", [path for path in SOURCES if path.suffix == ".py"], ids=lambda path: path.name
)
def test_a_module_imports_nothing_else(path):
    assert imported(path) <= sys.stdlib_module_names | {"httpx", "pydantic", "settle_client"}


def test_of_the_generator_only_its_entry_knows_the_server():
    knowing = {
        path.name for path in (CLIENT / "generator").glob("*.py") if imported(path) & (SERVER - {"client"})
    }
    assert knowing == {"__main__.py"}

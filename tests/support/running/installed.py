"""Servers that happen to be installed on this machine, beside the embedded ones: other versions, other programs."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest

from sandbox.local.postgres import OWNER_ROLE, UNPRIVILEGED_USER, WORKER_ROLE
from settlement.storage.migrate import upgrade
from tests.support.running.loopback import free_port
from tests.support.running.processes import until_it_answers

# Where packages of Linux distributions put the server's programs, one folder for each major version.
POSTGRES = tuple(sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name)))
START_S = 30.0


def program(name: str) -> str:
    """A program on PATH; without it the test is skipped."""
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


@contextmanager
def installed_postgres(programs: Path) -> Iterator[str]:
    """The URL of a migrated database on a server of this version, as the worker's role."""
    with short_folder() as folder, ended_with() as processes:
        data, owner = folder / "data", "postgres"
        _run(
            programs / "initdb",
            "-D",
            data,
            "-U",
            owner,
            "-E",
            "UTF8",
            "--auth=trust",
            "--locale=C",
            "--no-sync",
        )
        processes.append(
            started(
                programs / "postgres",
                "-D",
                data,
                "-c",
                "listen_addresses=",
                "-c",
                "fsync=off",
                "-c",
                f"unix_socket_directories={folder}",
                "-c",
                "max_locks_per_transaction=256",
            )
        )
        place = f"?host={quote(str(folder), safe='')}"
        until_it_answers(lambda: psycopg.connect(f"postgresql://{owner}@/postgres{place}").close())
        with psycopg.connect(f"postgresql://{owner}@/postgres{place}", autocommit=True) as connection:
            for statement in (
                f"CREATE ROLE {OWNER_ROLE} LOGIN", f"CREATE ROLE {WORKER_ROLE} LOGIN",
                "CREATE ROLE settle_sender NOLOGIN", f"CREATE DATABASE settle OWNER {OWNER_ROLE}",
            ):  # fmt: skip
                connection.execute(statement.encode())
        upgrade(f"postgresql://{OWNER_ROLE}@/settle{place}", worker_role=WORKER_ROLE)
        yield f"postgresql://{WORKER_ROLE}@/settle{place}"


@contextmanager
def installed_redis() -> Iterator[str]:
    """The URL of a Redis that this machine has."""
    server = program("redis-server")
    with short_folder() as folder, ended_with() as processes:
        port = free_port()
        processes.append(
            started(server, "--port", str(port), "--dir", folder, "--appendonly", "yes", "--save", "")
        )
        until_it_answers(lambda: socket.create_connection(("127.0.0.1", port), 1).close())
        yield f"redis://127.0.0.1:{port}/0"


@contextmanager
def installed_pgbouncer(url: str) -> Iterator[str]:
    """PgBouncer in transaction mode before the server of this URL, which is one of a socket; the URL through it."""
    pooler = program("pgbouncer")
    given = psycopg.conninfo.conninfo_to_dict(url)
    with short_folder() as folder, ended_with() as processes:
        port = free_port()
        (folder / "users").write_text(f'"{given["user"]}" ""\n')
        (folder / "pgbouncer.ini").write_text(
            f"[databases]\n* = host={given['host']}\n"
            f"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n"
            f"auth_type = trust\nauth_file = {folder / 'users'}\npool_mode = transaction\n"
            "ignore_startup_parameters = options\nmax_client_conn = 200\ndefault_pool_size = 20\n"
        )
        for path in folder.iterdir():
            path.chmod(0o644)
        processes.append(started(pooler, folder / "pgbouncer.ini"))
        through = f"postgresql://{given['user']}@127.0.0.1:{port}/{given['dbname']}"
        until_it_answers(lambda: psycopg.connect(through).close())
        yield through


@contextmanager
def short_folder() -> Iterator[Path]:
    """A short path, as sockets need, that belongs to the server's user."""
    folder = Path(tempfile.mkdtemp(prefix="settle-", dir="/tmp"))
    if (user := _user()) is not None:
        shutil.chown(folder, user)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def ended_with() -> Iterator[list[subprocess.Popen[bytes]]]:
    """Programs that end with the block, in this order."""
    processes: list[subprocess.Popen[bytes]] = []
    try:
        yield processes
    finally:
        for process in processes:
            process.terminate()
            try:
                process.wait(START_S)
            except subprocess.TimeoutExpired:
                # With what a script has started.
                os.killpg(process.pid, signal.SIGKILL)


def started(*command: object, env: Mapping[str, str] | None = None) -> subprocess.Popen[bytes]:
    """A program, as a user that servers do not refuse to run as."""
    return subprocess.Popen(
        [str(part) for part in command], cwd="/", user=_user(), env=env, stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip


def _run(*command: object) -> None:
    subprocess.run([str(part) for part in command], cwd="/", user=_user(), check=True, capture_output=True)


def _user() -> str | None:
    """Servers refuse to run as root."""
    return pwd.getpwnam(UNPRIVILEGED_USER).pw_name if os.geteuid() == 0 else None

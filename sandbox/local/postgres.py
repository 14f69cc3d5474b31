"""An embedded PostgreSQL: real server, one folder, a Unix socket and no port.

Run by root, the server runs as an unprivileged user: its programs and its data then live below /var/tmp, because
that user cannot reach a private home. Permissions of folders that were there before are never changed.
"""

from __future__ import annotations

import hashlib
import os
import pwd
import re
import shlex
import shutil
import socket
import subprocess
import time
import uuid
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psutil
import psycopg
from psycopg import sql

from sandbox.local.binaries import COPIES, is_roots_own, postgres_programs
from sandbox.local.lock import exclusive
from worker.servers import LocalServerError

SUPERUSER = "postgres"
OWNER_ROLE = "settle_owner"
# Whoever sends events by SQL is a member of it; `settle db migrate` grants its rights.
SENDER_ROLE = "settle_sender"
WORKER_ROLE = "settle_worker"
DATABASE = "settle"
UNPRIVILEGED_USER = "nobody"
SOCKET_NAME = ".s.PGSQL.5432"
# Linux allows 108 bytes with the closing zero, macOS 104.
SOCKET_PATH_MAX = 103
START_TIMEOUT_S = 60
STOP_TIMEOUT_S = 30
STARTS_TRIED = 4
RETRY_DELAY_S = 0.5
TAIL_LINES = 15
# Suited to a laptop that also runs the workers. Durable, since bills live here.
SERVER_SETTINGS = {
    "listen_addresses": "",
    "shared_buffers": "256MB",
    "max_connections": "100",
    "max_wal_size": "4GB",
    "jit": "off",
    # A drain holds a lock per account, of a table that all sessions share.
    "max_locks_per_transaction": "256",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "unix_socket_permissions": "0700",
}
# For throw-away databases of tests.
NOT_DURABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


@dataclass(frozen=True, slots=True)
class EmbeddedPostgres:
    """The server that belongs to a state folder. With `durable=False` a crash of the machine may lose data."""

    state_dir: Path
    worker_role: str = WORKER_ROLE
    durable: bool = True

    def start(self) -> None:
        """Starts the server unless it runs, and creates roles and database unless they exist.

        Safe to call twice, at once, and after a crash.

        Raises:
            LocalServerError: it did not start; the message ends with the last lines of its log.
        """
        self.state_dir.mkdir(parents=True, exist_ok=True)
        with exclusive(self.state_dir / "postgres.lock"):
            for tries_left in reversed(range(STARTS_TRIED)):
                try:
                    self._start_once()
                except (LocalServerError, psycopg.OperationalError) as error:
                    # Children of a killed server hold its memory and socket until they notice, a moment later.
                    if not tries_left:
                        raise LocalServerError(f"PostgreSQL did not start: {error}") from error
                    time.sleep(RETRY_DELAY_S)
                else:
                    return

    def stop(self) -> None:
        """Stops the server, cutting connections off, and waits for it. Does nothing when it is not running.

        Raises:
            LocalServerError: it did not stop in time.
        """
        if not self.state_dir.is_dir():
            return
        with exclusive(self.state_dir / "postgres.lock"):
            self._stop()

    def is_running(self) -> bool:
        """Does it take connections."""
        return self._is_ours() and self._server_pid() is not None and self._responds()

    def destroy(self) -> None:
        """Stops the server and deletes all of its data."""
        self.stop()
        for folder in (self._home, self._socket_dir):
            if folder.is_dir() and not folder.is_symlink():
                shutil.rmtree(folder)

    def url(self, role: str | None = None, database: str = DATABASE) -> str:
        """The URL of a database as a role, by default the worker's, for SQLAlchemy and libpq alike."""
        return f"postgresql://{role or self.worker_role}@/{database}?host={quote(str(self._socket_dir), safe='')}"

    @property
    def log(self) -> Path:
        """The server's log file."""
        return self._home / "run" / "postgres.log"

    @property
    def _home(self) -> Path:
        if os.geteuid() != 0:
            return self.state_dir / "postgres"
        return COPIES / f"settle-{_digest(self.state_dir)}"

    @property
    def _data(self) -> Path:
        return self._home / "data"

    @property
    def _socket_dir(self) -> Path:
        """In the home where its path fits into an address and needs no quoting, else a private folder in /tmp."""
        usual = self._home / "run"
        path = str(usual / SOCKET_NAME)
        if len(path.encode()) <= SOCKET_PATH_MAX and re.fullmatch(r"[\w./-]+", path, re.ASCII):
            return usual
        return Path("/tmp") / f"settle-{os.geteuid()}-{_digest(self.state_dir)}"  # noqa: S108 - made private, checked

    def _start_once(self) -> None:
        if not self.is_running():
            self._prepare()
            self._clear_stale_files()
            self._launch()
        with psycopg.connect(self.url(SUPERUSER, "postgres"), autocommit=True) as connection:
            self._create_roles_and_database(connection)

    def _is_ours(self) -> bool:
        """Does the home belong to this state folder, and not to an earlier one of the same path."""
        try:
            return (self._home / "belongs-to").read_text() == (self.state_dir / "postgres.id").read_text()
        except OSError:
            return False

    def _prepare(self) -> None:
        if self._home.exists() and not self._is_ours():
            # What the state folder of this path held before it was deleted goes with it.
            if self._home.parent == COPIES and not is_roots_own(self._home):
                raise LocalServerError(
                    f"{self._home} belongs to somebody else; delete it or change SETTLE_STATE_DIR"
                )
            self._stop()
            shutil.rmtree(self._home)
        if not self._home.exists():
            identity = uuid.uuid4().hex
            (self.state_dir / "postgres.id").write_text(identity)
            self._home.mkdir()
            # Others may pass, to reach the folders that are theirs, and see nothing else.
            self._home.chmod(0o711 if os.geteuid() == 0 else 0o700)
            (self._home / "belongs-to").write_text(identity)
        self._private_folder(self._home / "run")
        if self._socket_dir != self._home / "run":
            self._private_folder(self._socket_dir)
        if not self._data.exists():
            self._initialise()

    def _private_folder(self, folder: Path) -> None:
        """Makes a folder that only the server's user, and root, may enter."""
        folder.mkdir(exist_ok=True, mode=0o700)
        user = _server_user()
        if user is not None:
            os.chown(folder, user.pw_uid, user.pw_gid)
        expected = os.geteuid() if user is None else user.pw_uid
        found = folder.lstat()
        if folder.is_symlink() or found.st_uid != expected or found.st_mode & 0o077:
            raise LocalServerError(
                f"{folder} is not private to the user {expected}; delete it and start again"
            )

    def _initialise(self) -> None:
        """Makes the data folder under another name first, so that it is whole or absent."""
        partial = self._home / "data.partial"
        shutil.rmtree(partial, ignore_errors=True)
        self._private_folder(partial)
        self._run(
            "initdb", "-D", str(partial), "-U", SUPERUSER, "-E", "UTF8", "--auth=trust", "--no-instructions",
            "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8",
            *([] if self.durable else ["--no-sync"]),
        )  # fmt: skip
        partial.rename(self._data)

    def _launch(self) -> None:
        settings = {
            **SERVER_SETTINGS,
            **({} if self.durable else NOT_DURABLE),
            "unix_socket_directories": str(self._socket_dir),
        }
        # pg_ctl hands the options to a shell.
        options = " ".join(f"-c {shlex.quote(f'{name}={value}')}" for name, value in settings.items())
        self._run(
            "pg_ctl", "start", "-D", str(self._data), "-l", str(self.log), "-o", options,
            "-w", "-t", str(START_TIMEOUT_S),
        )  # fmt: skip

    def _stop(self) -> None:
        if self._server_pid() is None:
            return
        self._run("pg_ctl", "stop", "-D", str(self._data), "-m", "fast", "-w", "-t", str(STOP_TIMEOUT_S))

    def _server_pid(self) -> int | None:
        """The id of the running server, by its pid file; None when that file is stale.

        After a reboot the id may belong to another process, so the command line has to name our data.
        """
        try:
            pid = int((self._data / "postmaster.pid").read_text().split("\n", 1)[0])
        except (OSError, ValueError):
            return None
        return pid if str(self._data) in _command_line(pid) else None

    def _clear_stale_files(self) -> None:
        """Removes what a killed server left. PostgreSQL itself gives up when the id in there is in use again."""
        if self._server_pid() is not None:
            # Alive, but not yet or no longer taking connections.
            self._stop()
        for stale in (
            self._data / "postmaster.pid",
            self._socket_dir / SOCKET_NAME,
            self._socket_dir / f"{SOCKET_NAME}.lock",
        ):
            stale.unlink(missing_ok=True)

    def _responds(self) -> bool:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
            try:
                probe.connect(str(self._socket_dir / SOCKET_NAME))
            except OSError:
                return False
        return True

    def _run(self, program: str, *arguments: str) -> None:
        user = _server_user()
        # A file and no pipe: the server inherits it, and a pipe would stay open as long as the server runs.
        output = self._home / f"{program}.out"
        with output.open("w+") as written:
            ended = subprocess.run(
                [str(postgres_programs() / program), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=written,
                stderr=subprocess.STDOUT,
                # Neither folder nor environment of the caller: the server's user may not be allowed into either.
                cwd="/",
                env={"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"},
                user=user and user.pw_uid,
                group=user and user.pw_gid,
                extra_groups=None if user is None else [],
                check=False,
            )
        if ended.returncode:
            raise LocalServerError(
                f"PostgreSQL: {program} failed ({ended.returncode}); see {self.log}\n{_tail(output)}\n{_tail(self.log)}"
            )

    def _create_roles_and_database(self, connection: psycopg.Connection) -> None:
        for role, kind in ((OWNER_ROLE, "LOGIN"), (self.worker_role, "LOGIN"), (SENDER_ROLE, "NOLOGIN")):
            if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone():
                connection.execute(sql.SQL("CREATE ROLE {} {}").format(sql.Identifier(role), sql.SQL(kind)))
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
            names = {"database": sql.Identifier(DATABASE), "owner": sql.Identifier(OWNER_ROLE)}
            connection.execute(sql.SQL("CREATE DATABASE {database} OWNER {owner}").format(**names))


def _server_user() -> pwd.struct_passwd | None:
    """The user to run the server as; None: the user of this process."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam(UNPRIVILEGED_USER)
    except KeyError:
        raise LocalServerError(
            f"PostgreSQL does not run as root, and there is no user {UNPRIVILEGED_USER!r} to run it as"
        ) from None


def _digest(path: Path) -> str:
    return hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:12]


def _command_line(pid: int) -> str:
    try:
        return " ".join(psutil.Process(pid).cmdline())
    except psutil.Error:
        return ""


def _tail(path: Path) -> str:
    try:
        return "\n".join(path.read_text(errors="replace").splitlines()[-TAIL_LINES:])
    except OSError:
        return ""

"""A primary and its standby, which change places."""

from __future__ import annotations

import contextlib
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import LiteralString
from urllib.parse import quote

import psutil
import psycopg
from psycopg.conninfo import conninfo_to_dict

from chaos.waiting import wait_for
from sandbox.local.binaries import own_programs
from sandbox.local.postgres import DATABASE, OWNER_ROLE, SUPERUSER, WORKER_ROLE, EmbeddedPostgres
from settlement.storage.migrate import upgrade

ATTACH_S = 120.0


@dataclass(frozen=True, slots=True)
class Server(EmbeddedPostgres):
    """A server that can be killed as a machine is. With `follows` it begins as a copy of that one, and follows it."""

    follows: str = ""

    @property
    def socket_dir(self) -> str:
        """Where clients find it."""
        return str(self._socket_dir)

    def kill(self) -> None:
        """SIGKILL to every process of it at once."""
        number = self._server_pid()
        if number is None:
            raise RuntimeError(f"no server runs in {self.state_dir}")
        parent = psutil.Process(number)
        family = [parent, *parent.children(recursive=True)]
        for process in family:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(family, timeout=10)

    def promote(self) -> None:
        """From now on it writes."""
        self._run("pg_ctl", "promote", "-D", str(self._data), "-w")

    def ask(self, statement: LiteralString) -> list[tuple[object, ...]]:
        """The rows of a statement of its superuser."""
        with psycopg.connect(self.url(SUPERUSER), autocommit=True) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def _initialise(self) -> None:
        if not self.follows:
            EmbeddedPostgres._initialise(self)  # noqa: SLF001 - its own, of the class above
            return
        partial = self._home / "data.partial"
        self._private_folder(partial)
        owner = partial.stat()
        subprocess.run(
            [own_programs() / "pg_basebackup", "-D", partial, "-d", self.follows,
             "--write-recovery-conf", "--checkpoint=fast"],
            check=True, capture_output=True,
        )  # fmt: skip
        for path in [partial, *partial.rglob("*")]:
            os.chown(path, owner.st_uid, owner.st_gid, follow_symlinks=False)
        partial.rename(self._data)


class Pair:
    """Two places for servers. One of them holds the primary; the other one its standby, once it is attached."""

    def __init__(self, folder: Path) -> None:
        self.places = (folder / "one", folder / "two")
        self.primary = Server(self.places[0])
        self.standby: Server | None = None
        self.primary.start()
        upgrade(self.primary.url(OWNER_ROLE), worker_role=WORKER_ROLE)

    @property
    def url(self) -> str:
        """Both places, for whoever writes."""
        hosts = ",".join(quote(Server(place).socket_dir, safe="") for place in self.places)
        return f"postgresql://{WORKER_ROLE}@/{DATABASE}?host={hosts}&target_session_attrs=read-write"

    def attach(self) -> None:
        """Makes a standby of the primary as it is now; when this returns no commit is acknowledged that it lacks."""
        place = next(place for place in self.places if place != self.primary.state_dir)
        Server(place).destroy()
        source = conninfo_to_dict(self.primary.url(SUPERUSER))
        self.standby = Server(place, follows=f"host={source['host']} user={SUPERUSER}")
        self.standby.start()
        # After the copy was made: it must not wait for a standby of its own when it has taken over.
        self.primary.ask("ALTER SYSTEM SET synchronous_standby_names = '*'")
        self.primary.ask("SELECT pg_reload_conf()")
        wait_for(self._is_followed, "the standby does not follow", within_s=ATTACH_S)

    def _is_followed(self) -> bool:
        return bool(self.primary.ask("SELECT sync_state FROM pg_stat_replication") == [("sync",)])

    def kill(self) -> None:
        """The primary dies."""
        self.primary.kill()

    def take_over(self) -> None:
        """The standby takes its place."""
        if self.standby is None:
            raise RuntimeError("there is no standby")
        self.standby.promote()
        self.primary, self.standby = self.standby, None

    def destroy(self) -> None:
        """Stops both and deletes their data."""
        for place in self.places:
            Server(place).destroy()

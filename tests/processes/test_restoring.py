"""Backup and restore, by the commands of docs/restoring.md as they stand. Rule: R13.2a."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest

from chaos.failover.postgres.servers import Server
from sandbox.local.binaries import own_programs, postgres_programs
from sandbox.local.postgres import DATABASE, OWNER_ROLE, SUPERUSER, UNPRIVILEGED_USER, WORKER_ROLE
from settlement.storage.migrate import upgrade
from tests.support.running.processes import (
    Deployment,
    Process,
    deployment,
    event,
    opened,
    top_up,
    until_it_answers,
    wait_for,
)
from tests.support.servers import PostgresForTests

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "restoring.md").read_text("utf-8")
PROGRAMS = own_programs()


def block(name: str) -> str:
    """The block of the page whose first line begins so."""
    [found] = re.findall(rf"^```sh\n(# {name}(?:\:|\n).*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    return str(found)


def run(name: str, folder: Path, *, user: str | None = None, **variables: str) -> None:
    """A block by a shell, with the programs of this environment."""
    inherited = {key: value for key, value in os.environ.items() if not key.startswith("SETTLE_")}
    programs = postgres_programs() if user else PROGRAMS
    path = f"{Path(sys.executable).parent}:{programs}:{os.environ['PATH']}"
    ended = subprocess.run(
        ["bash", "-ec", block(name)], cwd=folder, env=inherited | {"PATH": path, **variables}, user=user,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stdout + ended.stderr


def epochs(url: str) -> list[int]:
    with psycopg.connect(url) as connection:
        return [row[0] for row in connection.execute("SELECT epoch FROM outbox_epoch ORDER BY epoch")]


def until_the_backup(made: Deployment) -> Process:
    """Two accounts, one of them with money."""
    worker = made.worker("events", "events", "upkeep")
    made.add(opened("before"), opened("after"), top_up("before", 1))
    wait_for(lambda: (made.cash_minor("before"), made.cash_minor("after")) == (10_00, 0), worker)
    return worker


def since_the_backup(made: Deployment, worker: Process) -> None:
    """More money for both, which no backup has."""
    made.add(top_up("before", 2), top_up("after", 1))
    wait_for(lambda: made.cash_minor("after") == 10_00, worker)
    worker.kill()


def goes_on(made: Deployment, known: list[int]) -> None:
    """What was accepted since the backup is sent again, and everything counts once; announcements begin an epoch."""
    assert (made.cash_minor("before"), made.cash_minor("after")) == (10_00, 0)
    worker = made.worker("events", "events", "upkeep")
    # A refusal is announced.
    refused = event("top_up", "before", "euros", amount="1.00", currency="EUR")
    made.add(top_up("before", 2), top_up("after", 1), top_up("before", 1), refused)
    wait_for(lambda: made.cash_minor("before") == 20_00 and made.cash_minor("after") == 10_00, worker)
    wait_for(lambda: made.one("SELECT count(*) FROM outbox") == 1, worker)
    found = epochs(made.database_url)
    assert found[:-1] == known
    audited = made.run("-c", "from interfaces.cli.main import main; main()", "audit")
    assert audited.returncode == 0, audited.stdout + audited.stderr


@pytest.fixture
def backups(postgres: PostgresForTests) -> Iterator[None]:
    """The role that the page makes."""
    if not postgres.embedded:
        pytest.skip("roles of a server that is not ours are left alone")
    [statements] = re.findall(r"^```sql\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    with psycopg.connect(postgres.admin, autocommit=True) as connection:
        connection.execute(statements.encode())
        yield
        connection.execute("DROP ROLE settle_backup")


@pytest.mark.usefixtures("backups")
def test_a_dump_is_restored_and_work_goes_on(
    postgres: PostgresForTests, made: Deployment, valkey: str, tmp_path: Path
) -> None:
    new = postgres.worker_url("settle_restored")
    variables = {
        "BACKUP_URL": made.database_url.replace(WORKER_ROLE, "settle_backup"), "ADMIN_URL": postgres.admin,
        "SETTLE_DATABASE_URL": new, "SETTLE_MIGRATION_URL": postgres.owner_url("settle_restored"),
        "SETTLE_BROKER_URL": valkey, "SETTLE_STATE_DIR": str(tmp_path),
    }  # fmt: skip
    worker = until_the_backup(made)
    run("dump", tmp_path, **variables)
    since_the_backup(made, worker)
    try:
        run("restore", tmp_path, **variables)
        run("compare", tmp_path, **variables)
        with deployment(new, valkey, tmp_path) as restored:
            goes_on(restored, epochs(made.database_url))
            begun = epochs(new)
            run("snapshot", tmp_path, **variables)
            assert epochs(new)[:-1] == begun
    finally:
        postgres.drop("settle_restored")


def test_an_instant_is_restored_by_the_write_ahead_log(valkey: str, tmp_path: Path) -> None:
    server = Server(tmp_path / "server")
    server.start()
    try:
        upgrade(server.url(OWNER_ROLE), worker_role=WORKER_ROLE)
        place = Path(server.socket_dir) / "restoring"
        user = UNPRIVILEGED_USER if os.geteuid() == 0 else None
        for folder in (place, place / "archive"):
            folder.mkdir(mode=0o700)
            if user:
                shutil.chown(folder, user)
        [command] = re.findall(r"^archive_command = '(.*)'$", PAGE, re.MULTILINE)
        archive = command.replace("/archive/", f"{place}/archive/")
        # Given when a server starts, these two go before the ones that the copy finds in its files.
        for setting in ("archive_mode = on", f"archive_command = '{archive}'", "listen_addresses = ''",
                        f"unix_socket_directories = '{place}'", "max_locks_per_transaction = 256"):  # fmt: skip
            server.ask(f"ALTER SYSTEM SET {setting}")
        server.stop()
        server.start()
        variables = {
            "BASE": str(place / "base"), "ARCHIVE": str(place / "archive"), "PGDATA": str(place / "data"),
            "REPLICATION_URL": server.url(SUPERUSER),
        }  # fmt: skip
        run("base", place, **variables)
        if user:
            for path in [place / "base", *(place / "base").rglob("*")]:
                shutil.chown(path, user)
        with deployment(server.url(), valkey, tmp_path) as made:
            worker = until_the_backup(made)
            known, [(until,)] = (
                epochs(made.database_url),
                server.ask("SELECT CAST(clock_timestamp() AS text)"),
            )
            since_the_backup(made, worker)
        # The rest of the log is archived when a server ends.
        server.stop()
        run("point in time", place, user=user, UNTIL=str(until), **variables)
        new = f"postgresql://{WORKER_ROLE}@/{DATABASE}?host={quote(str(place), safe='')}"
        try:
            # It answers before it has been promoted.
            until_it_answers(lambda: psycopg.connect(new, target_session_attrs="read-write").close())
            (tmp_path / "restored").mkdir()
            with deployment(new, valkey, tmp_path / "restored") as restored:
                goes_on(restored, known)
        finally:
            stop = [str(postgres_programs() / "pg_ctl"), "stop", "-D", str(place / "data"), "-m", "fast"]
            subprocess.run(stop, user=user, cwd=place, check=True, capture_output=True)
    finally:
        server.destroy()

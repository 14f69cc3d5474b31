from __future__ import annotations

import os
import socket
import stat
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from sandbox.local import binaries
from sandbox.local.postgres import EmbeddedPostgres
from tests.support.running.killing import kill_and_wait


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPostgres]:
    """One server for all tests: each of them starts it, whatever the one before left behind."""
    embedded = EmbeddedPostgres(tmp_path_factory.mktemp("postgres") / "state", durable=False)
    yield embedded
    embedded.destroy()


def ask(url: str, question: str) -> object:
    with psycopg.connect(url) as connection:
        row = connection.execute(question.encode()).fetchone()
    assert row is not None
    return row[0]


def server_pid(server: EmbeddedPostgres) -> int:
    return int((server._data / "postmaster.pid").read_text().splitlines()[0])


def test_starts_with_its_database_owned_by_one_role_and_used_by_another(server):
    server.start()
    assert server.is_running()
    assert ask(server.url(), "SELECT current_user || '/' || current_database()") == "settle_worker/settle"
    owner = "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = current_database()"
    assert ask(server.url(), owner) == "settle_owner"
    assert ask(server.url(), "SHOW listen_addresses") == ""
    assert ask(server.url(), "SHOW timezone") == "UTC"


def test_a_second_start_finds_the_running_server(server):
    server.start()
    pid = server_pid(server)
    server.start()
    EmbeddedPostgres(server.state_dir, durable=False).start()
    assert server_pid(server) == pid


def test_two_starts_at_once_make_one_server(server):
    server.stop()
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda _: EmbeddedPostgres(server.state_dir, durable=False).start(), range(2)))
    assert ask(server.url(), "SELECT count(*) FROM pg_database WHERE datname = 'settle'") == 1


def test_stops_and_keeps_its_data(server):
    server.start()
    with psycopg.connect(server.url("settle_owner")) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer; GRANT SELECT ON kept TO settle_worker")
    server.stop()
    assert not server.is_running()
    server.stop()
    server.start()
    assert ask(server.url(), "SELECT answer FROM kept") == 42


def test_starts_again_after_it_was_killed(server):
    server.start()
    killed = server_pid(server)
    kill_and_wait(killed)
    server.start()
    assert server_pid(server) != killed
    assert ask(server.url(), "SELECT 1") == 1


def test_a_pid_file_with_the_id_of_another_process_is_stale(server):
    server.start()
    pid_file = server._data / "postmaster.pid"
    _, _, rest = pid_file.read_text().partition("\n")
    server.stop()
    pid_file.write_text(f"{os.getpid()}\n{rest}")
    assert not server.is_running()
    server.start()
    assert ask(server.url(), "SELECT 1") == 1


def test_a_new_state_folder_of_the_same_path_starts_empty(server):
    server.start()
    with psycopg.connect(server.url("settle_owner")) as connection:
        connection.execute("CREATE TABLE gone ()")
    server.stop()
    for path in sorted(server.state_dir.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    server.start()
    assert ask(server.url(), "SELECT to_regclass('gone') IS NULL") is True


def test_a_long_path_with_odd_letters_still_gets_a_socket(tmp_path):
    server = EmbeddedPostgres(tmp_path / "möbel, and more" / ("x" * 100), durable=False)
    try:
        server.start()
        assert ask(server.url(), "SELECT 1") == 1
    finally:
        server.destroy()


def test_a_busy_standard_port_does_not_matter(server):
    with socket.socket() as occupant:
        try:
            occupant.bind(("127.0.0.1", 5432))
            occupant.listen()
        except OSError:
            # Somebody else's PostgreSQL: as good.
            pass
        server.stop()
        server.start()
        assert ask(server.url(), "SELECT 1") == 1


def test_permissions_of_folders_above_are_left_alone(tmp_path):
    home = tmp_path / "home"
    state_dir = home / "project" / ".settle"
    state_dir.mkdir(parents=True)
    home.chmod(0o700)
    ours = [state_dir, Path(sys.prefix), Path.home(), binaries.COPIES]
    watched = {folder for path in ours for folder in (path, *path.parents)}

    def seen() -> dict[Path, tuple[int, int, int]]:
        found = {folder: folder.stat() for folder in watched}
        return {folder: (s.st_mode, s.st_uid, s.st_gid) for folder, s in found.items()}

    before = seen()
    server = EmbeddedPostgres(state_dir, durable=False)
    try:
        server.start()
        assert seen() == before
        assert stat.S_IMODE(home.stat().st_mode) == 0o700
        for private in (server._data, server._socket_dir):
            assert stat.S_IMODE(private.stat().st_mode) == 0o700
    finally:
        server.destroy()
    assert seen() == before


@pytest.mark.skipif(os.geteuid() != 0, reason="only root keeps a copy of the programs")
class TestCopyForRoot:
    def test_a_folder_of_somebody_else_is_never_run(self, tmp_path, monkeypatch):
        monkeypatch.setattr(binaries, "COPIES", tmp_path)
        usual = binaries.postgres_programs().parents[2]
        os.chown(usual, 65534, 65534)
        other = binaries.postgres_programs().parents[2]
        assert other != usual
        assert binaries.is_roots_own(other)

    def test_a_folder_that_others_may_write_to_is_never_run(self, tmp_path, monkeypatch):
        monkeypatch.setattr(binaries, "COPIES", tmp_path)
        usual = binaries.postgres_programs().parents[2]
        usual.chmod(0o777)
        assert binaries.postgres_programs().parents[2] != usual

    def test_a_link_is_never_followed(self, tmp_path, monkeypatch):
        monkeypatch.setattr(binaries, "COPIES", tmp_path)
        usual = binaries.postgres_programs().parents[2]
        usual.rename(tmp_path / "elsewhere")
        usual.symlink_to(tmp_path / "elsewhere")
        assert binaries.postgres_programs().parents[2] != usual

    def test_the_copy_is_made_once(self, tmp_path, monkeypatch):
        monkeypatch.setattr(binaries, "COPIES", tmp_path)
        assert binaries.postgres_programs() == binaries.postgres_programs()
        assert len(list(tmp_path.iterdir())) == 1

"""A RabbitMQ node for tests, where RabbitMQ is installed."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.support.running.installed import ended_with, program, short_folder, started
from tests.support.running.loopback import free_port
from tests.support.running.processes import until_it_answers

RABBITMQ = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")


class RabbitMq(NamedTuple):
    """URLs of a RabbitMQ: as the workers' user, and as that of a sender with the rights of docs/operating.md.

    `restart` kills it, as a crash would, and returns when it is there again.
    """

    url: str
    sender_url: str
    restart: Callable[[], None]


def _user_of_rabbitmq(name: str) -> dict[str, str]:
    """One with the password that all have here."""
    salt = b"salt"
    digest = salt + hashlib.sha256(salt + b"for-this-test").digest()
    return {
        "name": name, "password_hash": base64.b64encode(digest).decode(),
        "hashing_algorithm": "rabbit_password_hashing_sha256", "tags": "",
    }  # fmt: skip


_RABBITMQ = {
    "vhosts": [{"name": "settle"}],
    "users": [_user_of_rabbitmq("settle"), _user_of_rabbitmq("crm")],
    "permissions": [
        {"user": "settle", "vhost": "settle", "configure": ".*", "write": ".*", "read": ".*"},
        {"user": "crm", "vhost": "settle", "configure": "^$", "write": "^events$", "read": "^$"},
    ],
}


@contextmanager
def installed_rabbitmq() -> Iterator[RabbitMq]:
    """A RabbitMQ on loopback, beside whichever else is here: own folder, cookie and port mapper."""
    if not RABBITMQ.exists():
        pytest.skip("no rabbitmq-server below /usr/lib/rabbitmq")
    with short_folder() as folder, ended_with() as processes:
        mapper, port = free_port(), free_port()
        (folder / "plugins").write_text("[].\n")
        definitions = folder / "definitions.json"
        definitions.write_text(json.dumps(_RABBITMQ))
        (folder / "rabbitmq.conf").write_text(
            f"disk_free_limit.absolute = 50MB\nload_definitions = {definitions}\n"
        )
        given = {
            "PATH": os.environ["PATH"], "LANG": "C.UTF-8", "HOME": str(folder),
            "ERL_EPMD_PORT": str(mapper), "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODENAME": f"settle{port}@localhost", "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(port), "RABBITMQ_DIST_PORT": str(free_port()),
            "RABBITMQ_MNESIA_BASE": str(folder), "RABBITMQ_LOG_BASE": str(folder),
            "RABBITMQ_PID_FILE": str(folder / "pid"), "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq"),
            "RABBITMQ_CONF_ENV_FILE": str(folder / "none"), "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "plugins"),
            # One scheduler that does not spin: the tests have few processors.
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1} +S 1:1 +sbwt none",
        }  # fmt: skip
        for path in folder.iterdir():
            path.chmod(0o644)
        processes.append(started(program("epmd"), "-port", mapper, "-address", "127.0.0.1", env=given))
        until_it_answers(lambda: socket.create_connection(("127.0.0.1", mapper), 1).close())
        # Ended before the port mapper is.
        processes.insert(0, started(RABBITMQ, env=given))
        until_it_answers(lambda: _greets(port))
        of = f"@127.0.0.1:{port}/settle"

        def restart() -> None:
            os.killpg(processes[0].pid, signal.SIGKILL)
            processes[0].wait()
            processes[0] = started(RABBITMQ, env=given)
            until_it_answers(lambda: _greets(port))

        yield RabbitMq(f"amqp://settle:for-this-test{of}", f"amqp://crm:for-this-test{of}", restart)


def _greets(port: int) -> None:
    """Raises OSError until a RabbitMQ that has started answers the greeting of its protocol."""
    with socket.create_connection(("127.0.0.1", port), 5) as connected:
        connected.sendall(b"AMQP\x00\x00\x09\x01")
        if not connected.recv(1):
            raise ConnectionError("it does not speak yet")

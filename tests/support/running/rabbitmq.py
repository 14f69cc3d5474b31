"""A RabbitMQ node for tests, where RabbitMQ is installed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

import pytest

from chaos.failover.rabbitmq.node import Node, is_installed


class RabbitMq(NamedTuple):
    """URLs of a RabbitMQ: as the workers' user, and as that of a sender with the rights of docs/operating.md.

    `restart` kills it, as a crash would, and returns when it is there again.
    """

    url: str
    sender_url: str
    restart: Callable[[], None]


@contextmanager
def installed_rabbitmq() -> Iterator[RabbitMq]:
    """A RabbitMQ on loopback, beside whichever else is here."""
    if not is_installed():
        pytest.skip("no rabbitmq-server below /usr/lib/rabbitmq")
    node = Node()
    try:
        yield RabbitMq(node.url(), node.url("crm"), node.restart)
    finally:
        node.destroy()

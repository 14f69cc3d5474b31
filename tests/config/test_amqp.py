"""What a URL of RabbitMQ says. Rule: R11.1g."""

from __future__ import annotations

import pytest

from config.amqp import AmqpUrl


@pytest.mark.parametrize(
    ("url", "meant"),
    [
        ("amqp://one", AmqpUrl("amqp", (("one", 5672),), "/")),
        (
            "amqp://u:p%40%2C@one:1,two,[::1]:3/bills",
            AmqpUrl("amqp", (("one", 1), ("two", 5672), ("::1", 3)), "bills", "u", "p@,"),
        ),
        ("amqp://one//", AmqpUrl("amqp", (("one", 5672),), "/")),
        ("amqps://:p@one/a%2Fb", AmqpUrl("amqps", (("one", 5671),), "a/b", password="p")),
        (
            "amqps://one/?ssl_ca_certs=/tls/ca.pem",
            AmqpUrl("amqps", (("one", 5671),), "/", files=(("ssl_ca_certs", "/tls/ca.pem"),)),
        ),
    ],
)
def test_a_url_names_nodes_the_virtual_host_and_who_one_is(url: str, meant: AmqpUrl) -> None:
    assert AmqpUrl.parsed(url) == meant


def test_each_node_has_a_url_that_means_the_same() -> None:
    given = AmqpUrl.parsed("amqp://u%3A:p%40%2C@one:1,[::1]/a%2Fb")
    for node, url in zip(given.nodes, given.of_each_node(), strict=True):
        assert AmqpUrl.parsed(url) == AmqpUrl("amqp", (node,), "a/b", "u:", "p@,")


def test_passwords_are_not_shown() -> None:
    assert "hidden" not in repr(AmqpUrl.parsed("amqp://u:hidden@one"))

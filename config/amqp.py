"""The URL of a RabbitMQ: `amqp://user:password@one:5672,two:5672/vhost`, or `amqps://…?ssl_ca_certs=/tls/ca.pem`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Self
from urllib.parse import quote, unquote

from config.urls import files_of, hosts_of, options_of, split

PLAIN, TLS = "amqp", "amqps"
SCHEMES = (PLAIN, TLS)
_PORTS = {PLAIN: 5672, TLS: 5671}


@dataclass(frozen=True, slots=True)
class AmqpUrl:
    """Where the nodes of a RabbitMQ are, who one is to it, and in which virtual host.

    `nodes`: host and port of each. `files`: of TLS, by the names `ssl_ca_certs`, `ssl_certfile` and `ssl_keyfile`.
    """

    scheme: str
    nodes: tuple[tuple[str, int], ...]
    virtual_host: str
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    files: tuple[tuple[str, str], ...] = ()

    @classmethod
    def parsed(cls, url: str) -> Self:
        """Reads a URL.

        Raises:
            ValueError: it has not this form; the message says what is wrong, and nothing of what was given.
        """
        parts = split(url)
        login, _, hosts = parts.servers.rpartition("@")
        user, _, password = login.partition(":")
        nodes = hosts_of(hosts, _PORTS[parts.scheme])
        if nodes is None:
            raise ValueError(
                f"must name the nodes of RabbitMQ: {parts.scheme}://one:{_PORTS[parts.scheme]},two/vhost"
            )
        return cls(
            parts.scheme,
            nodes,
            unquote(parts.path.removeprefix("/")) or "/",
            unquote(user) or None,
            unquote(password) or None,
            files_of(options_of(parts, TLS)),
        )

    def of_each_node(self) -> list[str]:
        """A URL for every node, without its files."""
        login = f"{quote(self.user or '', safe='')}:{quote(self.password or '', safe='')}@"
        prefix = f"{self.scheme}://{'' if login == ':@' else login}"
        place = quote(self.virtual_host, safe="")
        return [f"{prefix}{f'[{host}]' if ':' in host else host}:{port}/{place}" for host, port in self.nodes]

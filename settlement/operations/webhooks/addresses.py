"""Which addresses an announcement may be sent to: none inside the network that settle is in. Rule: R13.3g.

A name is resolved once, and what was found is checked and then connected to, so that a name cannot mean one address
when it is checked and another when it is called. It is resolved again after a while, or when nothing came from there.
"""

from __future__ import annotations

import asyncio
import socket
import time
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

# IPv6 addresses in which an IPv4 address is reached (RFC 6052).
_NAT64 = IPv6Network("64:ff9b::/96")
# All that has been given out of IPv6; whatever else an address stands for is inside, or nowhere.
_GIVEN_OUT = IPv6Network("2000::/3")
# Connections are kept by address: a name whose addresses take turns would have a new one for every message.
KEPT_S = 10.0


class AddressRefused(Exception):
    """The name leads nowhere, or nowhere outside."""


class Addresses:
    """Where names lead, for a while, in one loop. `private`: addresses inside may be called too."""

    def __init__(self, *, private: bool) -> None:
        self.private = private
        self._found: dict[tuple[str, int], tuple[str, float]] = {}

    async def of(self, host: str, port: int) -> str:
        """As `address_of`."""
        address, until = self._found.get((host, port), ("", 0.0))
        if time.monotonic() >= until:
            address = await address_of(host, port, private=self.private)
            self._found[host, port] = (address, time.monotonic() + KEPT_S)
        return address

    def forget(self, host: str, port: int) -> None:
        """Nothing came from there."""
        self._found.pop((host, port), None)


async def address_of(host: str, port: int, *, private: bool) -> str:
    """The address to connect to. `private`: one inside may be called too.

    Raises:
        AddressRefused: the name is not known, or all of its addresses are inside.
    """
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise AddressRefused(f"{host} cannot be resolved: {error}") from None
    addresses = [str(entry[4][0]) for entry in found]
    for address in addresses:
        if private or is_outside(address):
            return address
    raise AddressRefused(f"{host} is at {', '.join(addresses)}, which is no address outside")


def is_outside(address: str) -> bool:
    """Is it an address of the internet, and of one machine."""
    ip: IPv4Address | IPv6Address = ip_address(address.partition("%")[0])
    if isinstance(ip, IPv6Address):
        inner = (
            ip.ipv4_mapped or ip.sixtofour or (IPv4Address(int(ip) & 0xFFFFFFFF) if ip in _NAT64 else None)
        )
        if inner is None and ip not in _GIVEN_OUT:
            return False
        ip = inner or ip
    return ip.is_global and not ip.is_multicast

"""The clients: every operation of the API, by what it is about."""

from __future__ import annotations

from types import TracebackType
from typing import Self

import httpx

from settle_client.async_resources import AsyncResources
from settle_client.async_wire import AsyncWire
from settle_client.resources import Resources
from settle_client.retries import Retries
from settle_client.wire import Wire

TIMEOUT_S = 15.0


class Client(Resources):
    """A client for programs that wait. One for many threads; `close` it, or use it in `with`.

    `api_key` is one of `settle keys create`. `timeout_s`: so many seconds to connect, and to wait for bytes,
    beside what a command's `wait` adds. `transport` is httpx's, for proxies and tests.

    Raises:
        ValueError: `base_url` is no address, or `api_key` is empty.
    """

    def __init__(
        self,
        base_url: str,
        api_key: str,
        *,
        timeout_s: float = TIMEOUT_S,
        retries: Retries | None = None,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._wire = Wire(
            base_url, api_key, timeout_s=timeout_s, retries=retries or Retries(), transport=transport
        )
        super().__init__(self._wire)

    def close(self) -> None:
        """Ends the connections."""
        self._wire.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class AsyncClient(AsyncResources):
    """The same under asyncio. One for many tasks of one loop; `await close()` it, or use it in `async with`.

    Raises:
        ValueError: as `Client`.
    """

    def __init__(
        self,
        base_url: str,
        api_key: str,
        *,
        timeout_s: float = TIMEOUT_S,
        retries: Retries | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._wire = AsyncWire(
            base_url, api_key, timeout_s=timeout_s, retries=retries or Retries(), transport=transport
        )
        super().__init__(self._wire)

    async def close(self) -> None:
        """Ends the connections."""
        await self._wire.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

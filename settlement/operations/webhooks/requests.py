"""One message to one receiver: signed, bounded in time and bytes, without following it elsewhere."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from settlement.errors import Misconfigured
from settlement.model.announcements.ids import announcement_id
from settlement.model.instants import instant_text
from settlement.operations.webhooks.addresses import Addresses, AddressRefused
from settlement.operations.webhooks.signatures import signed_headers
from settlement.storage.work.programs.webhooks import Message, Target

if TYPE_CHECKING:
    import httpx

# From resolving the name to the last byte that is read.
TIMEOUT_S = 15.0
# Of a response; more is not read.
MOST_BYTES = 4096
_KEPT = 500
_USER_AGENT = "settle-webhooks/1"


class Response(NamedTuple):
    """What a receiver said: `status` is None where nothing came, and `text` then why."""

    status: int | None
    text: str
    retry_after_s: float | None = None


def new_client(verify: Any = True) -> httpx.AsyncClient:
    """Connections to one endpoint. One each, for connections are shared by address and not by name.

    Raises:
        Misconfigured: the extra `webhooks` is not installed.
    """
    try:
        import httpx
    except ImportError as error:
        raise Misconfigured("webhooks need httpx: pip install 'settle-worker[webhooks]'") from error
    return httpx.AsyncClient(verify=verify, follow_redirects=False, trust_env=False, timeout=TIMEOUT_S)


def body_of(message: Message) -> tuple[str, bytes]:
    """The id of a message, the same at every try, and its body."""
    message_id = announcement_id(message.epoch, message.outbox_id)
    head = {
        "id": message_id, "type": message.topic, "timestamp": instant_text(message.created_at),
        "correlation_id": message.correlation_id,
    }  # fmt: skip
    return message_id, f'{json.dumps(head)[:-1]}, "data": {message.payload}}}'.encode()


async def post(
    client: httpx.AsyncClient,
    target: Target,
    message_id: str,
    body: bytes,
    *,
    at: datetime,
    addresses: Addresses,
) -> Response:
    """Sends a message, signed for the instant `at`; whatever goes wrong is a response without a status."""
    import httpx

    try:
        url = httpx.URL(target.url)
        place = url.host, url.port or (443 if url.scheme == "https" else 80)
        try:
            async with asyncio.timeout(TIMEOUT_S):
                if url.scheme != "https" and not addresses.private:
                    raise AddressRefused("only https is sent to")
                headers = _headers(url, message_id, body, target, at)
                return await _post(client, url, await addresses.of(*place), headers, body, at)
        except (TimeoutError, httpx.HTTPError):
            addresses.forget(*place)
            raise
    except TimeoutError:
        return Response(None, f"no response within {TIMEOUT_S:g} s")
    except (AddressRefused, httpx.HTTPError, httpx.InvalidURL) as error:
        return Response(None, f"{type(error).__name__}: {error}"[:_KEPT])


def _headers(url: httpx.URL, message_id: str, body: bytes, target: Target, at: datetime) -> dict[str, str]:
    return {
        "host": url.netloc.decode(), "user-agent": _USER_AGENT, "content-type": "application/json",
        "accept-encoding": "identity",
        **signed_headers(message_id, body, target.secrets, at_s=int(at.timestamp())),
    }  # fmt: skip


async def _post(
    client: httpx.AsyncClient,
    url: httpx.URL,
    address: str,
    headers: dict[str, str],
    body: bytes,
    at: datetime,
) -> Response:
    request = client.build_request(
        "POST", url.copy_with(host=address), content=body, headers=headers,
        extensions={"sni_hostname": url.host},
    )  # fmt: skip
    response = await client.send(request, stream=True)
    try:
        text = await _beginning(response)
    finally:
        await response.aclose()
    return Response(response.status_code, text, _retry_after_s(response.headers.get("retry-after"), at))


async def _beginning(response: httpx.Response) -> str:
    read = b""
    async for chunk in response.aiter_raw():
        read += chunk
        if len(read) >= MOST_BYTES:
            break
    return read[:_KEPT].decode(errors="replace").replace("\x00", "")


def _retry_after_s(value: str | None, at: datetime) -> float | None:
    """Seconds, or a date of HTTP; what is neither is as if it were not there."""
    if value is None:
        return None
    if value.strip().isdecimal():
        return float(value.strip()[:9])
    try:
        wanted = parsedate_to_datetime(value)
    except ValueError:
        return None
    return max(0.0, (wanted.replace(tzinfo=wanted.tzinfo or UTC) - at).total_seconds())

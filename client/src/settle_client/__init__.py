"""A client of settle's HTTP API.

Lives here: `Client` and `AsyncClient`, what goes wrong as exceptions, the check of webhooks. `resources`,
`async_resources`, `operations` and `models` are written from the API's OpenAPI document: one method for each
operation in each client, one function for what both of them send, a type for each body.
May import: the standard library, httpx, pydantic; nothing of the server.
Start at: `client.py`.
"""

from settle_client import models, webhooks
from settle_client.client import AsyncClient, Client
from settle_client.pages import Page
from settle_client.problems import (
    BadRequest,
    Changed,
    ClientError,
    Conflict,
    Forbidden,
    NotFound,
    ProblemError,
    Refused,
    TooManyRequests,
    Unauthorized,
    Unavailable,
    Unexpected,
    Unreachable,
)
from settle_client.retries import Retries
from settle_client.values import Amount

__all__ = [
    "Amount",
    "AsyncClient",
    "BadRequest",
    "Changed",
    "Client",
    "ClientError",
    "Conflict",
    "Forbidden",
    "NotFound",
    "Page",
    "ProblemError",
    "Refused",
    "Retries",
    "TooManyRequests",
    "Unauthorized",
    "Unavailable",
    "Unexpected",
    "Unreachable",
    "models",
    "webhooks",
]

"""A small identity provider over real HTTP: it signs in whoever comes, as a test has them, and checks what it must."""

from __future__ import annotations

import base64
import hashlib
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote, urlencode

from joserfc import jwt
from joserfc.jwk import RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from tests.support.running.loopback import served

CLIENT, SECRET = "console", "a secret: with signs & blanks"


@dataclass
class StandIn:
    """The provider. `claims` are of whoever signs in next; `spoil` replaces some of them in the token alone; `says`
    replaces parts of its description of itself, `gives_as_keys` its keys.
    """

    issuer: str = ""
    claims: dict[str, Any] = field(default_factory=lambda: {"sub": "u-1", "preferred_username": "mona"})
    spoil: dict[str, Any] = field(default_factory=dict)
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "one", "use": "sig"}))
    signs_with: RSAKey | None = None
    refuses: str = ""
    calls_itself: str = ""
    says: dict[str, Any] = field(default_factory=dict)
    gives_as_keys: Any = None
    codes: dict[str, dict[str, str]] = field(default_factory=dict)

    async def discovery(self, _: Request) -> Response:
        """What it says of itself."""
        places = {
            "authorization_endpoint": "authorize",
            "token_endpoint": "token",
            "jwks_uri": "keys",
        }
        found = {name: f"{self.issuer}/{place}" for name, place in places.items()}
        said = {"issuer": self.calls_itself or self.issuer, **found, **self.says}
        return JSONResponse({name: value for name, value in said.items() if value is not None})

    async def authorize(self, request: Request) -> Response:
        """Sends the browser back at once."""
        wanted = dict(request.query_params)
        assert wanted["response_type"] == "code"
        assert wanted["client_id"] == CLIENT
        assert wanted["code_challenge_method"] == "S256"
        assert "openid" in wanted["scope"].split()
        back = {"state": wanted["state"], "iss": self.issuer}
        if self.refuses:
            return RedirectResponse(
                f"{wanted['redirect_uri']}?{urlencode({**back, 'error': self.refuses})}", 303
            )
        code = secrets.token_urlsafe(16)
        self.codes[code] = wanted
        return RedirectResponse(f"{wanted['redirect_uri']}?{urlencode({**back, 'code': code})}", 303)

    async def token(self, request: Request) -> Response:
        """A code for a token, once, for whoever holds the verifier and the client's secret."""
        form = {name: values[0] for name, values in parse_qs((await request.body()).decode()).items()}
        pair = base64.b64decode(request.headers["authorization"].removeprefix("Basic ")).decode()
        client, secret = map(unquote, pair.split(":"))
        wanted = self.codes.pop(form["code"], None)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest())
        if (
            wanted is None
            or (client, secret) != (CLIENT, SECRET)
            or form["redirect_uri"] != wanted["redirect_uri"]
            or challenge.rstrip(b"=").decode() != wanted["code_challenge"]
        ):
            return JSONResponse({"error": "invalid_grant"}, 400)
        now = int(time.time())
        claims = {
            "iss": self.issuer, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": wanted["nonce"], **self.claims,
            **self.spoil,
        }  # fmt: skip
        claims = {name: value for name, value in claims.items() if value is not None}
        key = self.signs_with or self.key
        return JSONResponse(
            {"id_token": jwt.encode({"alg": "RS256", "kid": "one"}, claims, key), "token_type": "Bearer"}
        )

    async def keys(self, _: Request) -> Response:
        """Its public keys."""
        return JSONResponse(self.gives_as_keys or {"keys": [self.key.as_dict(private=False)]})


@contextmanager
def provider() -> Iterator[StandIn]:
    """One that listens."""
    it = StandIn()
    routes = [
        Route("/.well-known/openid-configuration", it.discovery),
        Route("/authorize", it.authorize),
        Route("/token", it.token, methods=["POST"]),
        Route("/keys", it.keys),
    ]
    with served(Starlette(routes=routes)) as it.issuer:
        yield it

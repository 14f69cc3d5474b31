"""Signing in at an identity provider: OpenID Connect, authorization code with PKCE, state and nonce. Rule: R14.6.

What comes back counts only if the provider's own keys signed it, for this client and this very attempt.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode, urlsplit

from config.console import OidcSettings
from settlement.errors import Misconfigured, Refused, Unavailable
from settlement.model.policies.users import ROLES, Role

TIMEOUT_S = 10.0
# The providers' clocks and ours differ by no more.
LEEWAY_S = 60
_KEPT_FOR_S = 600.0
# Signatures by a key pair: one by a shared secret anybody who has it could make.
_ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
_PARTS = 3
# Where it is called, by the names that its description of itself has for them.
_PLACES = ("authorization_endpoint", "token_endpoint", "jwks_uri")


class Attempt(NamedTuple):
    """What an attempt to sign in is known by; the browser keeps it until it comes back."""

    state: str
    nonce: str
    verifier: str

    def as_cookie(self) -> str:
        """The text that the browser keeps."""
        return ".".join(self)

    @classmethod
    def from_cookie(cls, text: str) -> Attempt | None:
        """The inverse of `as_cookie`; None where it is none."""
        parts = text.split(".")
        return cls(*parts) if len(parts) == _PARTS and all(parts) else None


class Identity(NamedTuple):
    """Who somebody is at the provider. `subject`: the issuer and what it calls them, which never changes; `role`: what
    their claims give; None where roles are not given by claims.
    """

    subject: str
    name: str
    role: Role | None


def subject_of(issuer: str, sub: str) -> str:
    """How a user of a provider is named here."""
    return f"{issuer} {sub}"


def _is_address(value: object) -> bool:
    """Is it a web address that can be called."""
    try:
        parts = urlsplit(value) if isinstance(value, str) else None
        return (
            parts is not None
            and parts.scheme in ("http", "https")
            and bool(parts.hostname)
            and parts.port != 0
        )
    except ValueError:
        return False


@dataclass(slots=True)
class Provider:
    """The identity provider of the settings. Its own description of itself is read once in ten minutes."""

    settings: OidcSettings
    _found: dict[str, Any] = field(default_factory=dict)
    _found_at: float = float("-inf")

    def begin(self, redirect_uri: str) -> tuple[str, Attempt]:
        """Where to send the browser, and what it has to bring back.

        Raises:
            Unavailable, Misconfigured: the provider cannot be reached, or is not the one of the settings.
        """
        attempt = Attempt(*(secrets.token_urlsafe(32) for _ in range(_PARTS)))
        challenge = base64.urlsafe_b64encode(hashlib.sha256(attempt.verifier.encode()).digest()).rstrip(b"=")
        query = {
            "response_type": "code", "client_id": self.settings.client_id, "redirect_uri": redirect_uri,
            "scope": self.settings.scopes, "state": attempt.state, "nonce": attempt.nonce,
            "code_challenge": challenge.decode(), "code_challenge_method": "S256",
        }  # fmt: skip
        address = self._discovered()["authorization_endpoint"]
        return f"{address}{'&' if '?' in address else '?'}{urlencode(query)}", attempt

    def finish(self, came_back: Mapping[str, str], attempt: Attempt | None, redirect_uri: str) -> Identity:
        """Who comes back from the provider.

        Raises:
            Refused: `not_signed_in`, it does not belong to an attempt of this browser, or the provider refused;
                `bad_token`, what it gave is not signed by it, for us, now; `no_role`, their claims give none.
            Unavailable, Misconfigured: as `begin`.
        """
        if attempt is None or not hmac.compare_digest(
            came_back.get("state", "").encode(), attempt.state.encode()
        ):
            raise Refused(
                "not_signed_in", "This is from no attempt to sign in of this browser. Sign in again."
            )
        if came_back.get("iss") not in (None, self.settings.issuer):
            raise Refused("not_signed_in", "This is from another identity provider. Sign in again.")
        if "code" not in came_back:
            raise Refused(
                "not_signed_in", f"The identity provider refused: {came_back.get('error', '')[:100]}"
            )
        claims = self._claims(self._token(came_back["code"], attempt, redirect_uri), attempt)
        return Identity(
            subject_of(self.settings.issuer, claims["sub"]), self._name(claims), self._role(claims)
        )

    def _discovered(self) -> dict[str, Any]:
        if time.monotonic() - self._found_at > _KEPT_FOR_S:
            issuer = self.settings.issuer
            found = self._fetch(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
            if found.get("issuer") != issuer:
                raise Misconfigured(
                    f"the identity provider calls itself {found.get('issuer')!r}, not {issuer!r}"
                )
            for name in _PLACES:
                if not _is_address(found.get(name)):
                    raise Misconfigured(
                        f"what the identity provider {issuer!r} says of itself has no {name} that is a web address"
                    )
            self._found, self._found_at = found, time.monotonic()
        return self._found

    def _fetch(self, address: str, form: dict[str, str] | None = None) -> dict[str, Any]:
        try:
            import httpx
        except ImportError:
            raise Misconfigured("signing in at an identity provider needs the extra `oidc`") from None
        secret = self.settings.client_secret
        if form is None:
            request = httpx.Request("GET", address)
        elif secret is None:
            request = httpx.Request("POST", address, data={**form, "client_id": self.settings.client_id})
        else:
            pair = f"{quote(self.settings.client_id, safe='')}:{quote(secret.get_secret_value(), safe='')}"
            basic = base64.b64encode(pair.encode()).decode()
            request = httpx.Request("POST", address, data=form, headers={"Authorization": f"Basic {basic}"})
        try:
            with httpx.Client(timeout=TIMEOUT_S, follow_redirects=False) as client:
                response = client.send(request)
            content = response.json()
        except (httpx.HTTPError, ValueError) as error:
            raise Unavailable(f"the identity provider did not answer: {type(error).__name__}") from None
        if response.status_code != 200 or not isinstance(content, dict):
            if form is not None:
                raise Refused("not_signed_in", "The identity provider did not take the code. Sign in again.")
            raise Unavailable(f"the identity provider answered {response.status_code}")
        return content

    def _token(self, code: str, attempt: Attempt, redirect_uri: str) -> str:
        form = {
            "grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri,
            "code_verifier": attempt.verifier,
        }  # fmt: skip
        token = self._fetch(self._discovered()["token_endpoint"], form).get("id_token")
        if not isinstance(token, str):
            raise Refused("bad_token", "The identity provider gave no proof of who signed in.")
        return token

    def _claims(self, token: str, attempt: Attempt) -> dict[str, Any]:
        try:
            from joserfc import jwt
            from joserfc.errors import JoseError
            from joserfc.jwk import KeySet
        except ImportError:
            raise Misconfigured("signing in at an identity provider needs the extra `oidc`") from None
        client_id = self.settings.client_id
        expected = jwt.JWTClaimsRegistry(
            leeway=LEEWAY_S,
            iss={"essential": True, "value": self.settings.issuer},
            aud={"essential": True, "value": client_id},
            sub={"essential": True}, exp={"essential": True}, iat={"essential": True},
            nonce={"essential": True, "value": attempt.nonce},
        )  # fmt: skip
        found = self._fetch(self._discovered()["jwks_uri"])
        try:
            keys = KeySet.import_key_set(found)  # type: ignore[arg-type]
        except (JoseError, ValueError, KeyError, TypeError, AttributeError):
            raise Misconfigured("what the identity provider gives as its keys is no set of keys") from None
        try:
            claims = jwt.decode(token, keys, algorithms=_ALGORITHMS).claims
            expected.validate(claims)
        except (JoseError, ValueError) as error:
            raise Refused(
                "bad_token", f"The proof of who signed in does not hold: {type(error).__name__}."
            ) from None
        if not isinstance(claims["sub"], str):
            raise Refused("bad_token", "The proof of who signed in names nobody.")
        if claims.get("azp", client_id) != client_id:
            raise Refused("bad_token", "The proof of who signed in is for another client.")
        return dict(claims)

    def _name(self, claims: Mapping[str, Any]) -> str:
        name = claims.get(self.settings.name_claim)
        if not isinstance(name, str) or not name:
            raise Refused("bad_token", f"The identity provider gives no {self.settings.name_claim}.")
        return name

    def _role(self, claims: Mapping[str, Any]) -> Role | None:
        """The role that may most, of those that the claim's values give."""
        if not self.settings.roles:
            return None
        value = claims.get(self.settings.role_claim)
        values = value if isinstance(value, list) else [value]
        given = {
            self.settings.roles[one] for one in values if isinstance(one, str) and one in self.settings.roles
        }
        found = [role for role in ROLES if role in given]
        if not found:
            raise Refused(
                "no_role", "Your claims at the identity provider give no role here. An admin grants one."
            )
        return found[-1]

"""Settings of the console: what needs a second person, and who may sign in how."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, SecretStr, model_validator

from config.collection import Amount, Currency
from config.group import Count, Group, Json


class ConsoleSettings(Group):
    """The pages for people."""

    second_person_above: Json[dict[Currency, Amount]] = Field(
        {},
        description="JSON by currency: what one person may move at once at the console; more needs a second one.",
    )
    approval_hours: Count = Field(
        72, description="Hours for which an act waits for a second person before it is over."
    )
    local_login: bool = Field(
        True, description="May people sign in by password. Links of `settle users link` always do."
    )


class OidcSettings(Group):
    """An identity provider at which people sign in, by OpenID Connect. Without an issuer there is none."""

    issuer: str = Field("", description="Address of the identity provider, https://...; empty: none.")
    client_id: str = Field("", description="Client id of the console at the identity provider.")
    client_secret: SecretStr | None = Field(
        None, description="Secret of that client; empty: a public client, which PKCE alone protects."
    )
    label: str = Field("single sign-on", description="What the button to sign in there calls the provider.")
    url: str = Field(
        "", description="Where people reach the console's server, https://...; empty: as the request says."
    )
    scopes: str = Field("openid profile email", description="Scopes requested, with blanks between.")
    name_claim: str = Field(
        "preferred_username", description="Claim whose value is the name of the user here."
    )
    role_claim: str = Field("groups", description="Claim whose value, or values, give the role.")
    roles: Json[dict[str, Literal["viewer", "finance", "operator", "admin"]]] = Field(
        {}, description="JSON: role by a value of that claim. Several values: the role that may most."
    )
    new_users: bool = Field(
        False,
        description="Are users made when they first sign in. Else `settle users add --subject` links them.",
    )

    @model_validator(mode="after")
    def _is_whole(self) -> OidcSettings:
        if bool(self.issuer) != bool(self.client_id):
            message = "an identity provider needs both issuer and client_id"
            raise ValueError(message)
        if self.issuer and not self.issuer.startswith(("https://", "http://127.0.0.1", "http://localhost")):
            message = "issuer must begin with https://"
            raise ValueError(message)
        return self

"""Payment methods and their pre-authorizations."""

from __future__ import annotations

from settlement.model.gateway.charges import AuthorizationState, MethodKind, MethodState
from settlement.storage.tables import kinds
from settlement.storage.tables.columns import key, optional, required, table
from settlement.storage.tables.kinds import enum

METHOD_KIND = enum("method_kind", MethodKind)
METHOD_STATE = enum("method_state", MethodState)
AUTHORIZATION_STATE = enum("authorization_state", AuthorizationState)

PAYMENT_METHOD = table(
    "payment_method",
    key("id", kinds.BIGINT),
    required("account_id", kinds.BIGINT, "account.id"),
    required("external_id", kinds.TEXT),
    required("kind", METHOD_KIND),
    required("gateway", kinds.TEXT),
    required("customer_token", kinds.TEXT),
    required("method_token", kinds.TEXT),
    optional("threshold_minor", kinds.BIGINT),
    required("is_default", kinds.BOOLEAN),
    required("state", METHOD_STATE),
    required("added_at", kinds.TIMESTAMPTZ),
)

PRE_AUTHORIZATION = table(
    "pre_authorization",
    key("id", kinds.BIGINT),
    required("account_id", kinds.BIGINT, "account.id"),
    required("method_id", kinds.BIGINT, "payment_method.id"),
    required("reference", kinds.UUID),
    required("product", kinds.TEXT),
    required("gateway", kinds.TEXT),
    required("customer_token", kinds.TEXT),
    required("method_token", kinds.TEXT),
    required("amount_minor", kinds.BIGINT),
    required("currency", kinds.CURRENCY_CODE),
    required("state", AUTHORIZATION_STATE),
    required("created_at", kinds.TIMESTAMPTZ),
    optional("sent_at", kinds.TIMESTAMPTZ),
    optional("next_at", kinds.TIMESTAMPTZ),
    required("asks", kinds.SMALLINT),
    optional("gateway_ref", kinds.TEXT),
    optional("code", kinds.TEXT),
    optional("message", kinds.TEXT),
    optional("finished_at", kinds.TIMESTAMPTZ),
)

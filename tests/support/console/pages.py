"""The pages of the console, over one of each thing: what is looked at by tests, and in pictures."""

from __future__ import annotations

PAGES_SEEN = (
    "", "/bills", "/bills?state=unsettled&cycle=2026-10", "/bills/solo/2026-10", "/bills/acme-east/2026-10",
    "/bills/acme-east/2026-10/pay", "/overdue", "/accounts", "/accounts/solo", "/accounts/acme-hq",
    "/accounts/creditor", "/accounts/acme-hq/do/top-up", "/accounts/solo/do/card", "/accounts/solo/do/switches",
    "/accounts/creditor/do/term", "/accounts/solo/statements/2026-10", "/relationships", "/unified-settlements",
    "/unified-settlements/new", "/unified-settlements/new?main=acme-hq", "/repayments", "/payments", "/charges",
    "/refunds", "/disputes", "/differences", "/work", "/runs", "/runs/1", "/events", "/operations/1",
    "/slots", "/statements", "/transfers",
    "/parked-accounts", "/quarantine", "/audit", "/acts", "/users", "/accounts/nobody", "/login",
    "/charges/{charge}", "/charges/{charge}/resolve", "/refunds/{refund}", "/refunds/{refund}/resolve",
    "/work/replay/{code}", "/runs/dry-run", "/runs/dry-run?cycle=2026-11", "/webhooks", "/new-endpoint",
    "/webhooks/{endpoint}", "/webhooks/{endpoint}/deliveries/{delivery:int}", "/keys", "/new-key", "/keys/{key}",
    "/new-sender", "/senders/{source}", "/approvals", "/approvals/{request:int}",
    "/unified-settlements/{main}/{settlement}", "/accounts/solo/release", "/quarantine/{message:int}",
    "/repayments/{account}/{cycle}/{cause}",
)  # fmt: skip


# What is no page: progress as it comes, files, ways to sign in that end elsewhere.
NOT_PAGES = (
    "/runs/{run:int}/events", "/unified-settlements/{main}/{settlement}/list.csv",
    "/unified-settlements/{main}/{settlement}/now", "/bills/{account}/{cycle}/now",
    "/oidc/begin", "/oidc/callback",
    "/link/{token}", "/work/now", "/runs/dry-run/events",
)  # fmt: skip
# One of each kind, since all pages of a kind have the same parts.
KINDS = (
    "", "/bills", "/bills/solo/2026-10", "/bills/acme-east/2026-10/pay", "/accounts/solo", "/accounts/solo/do/card",
    "/unified-settlements/new?main=acme-hq", "/runs/1", "/operations/1", "/accounts/nobody",
    "/charges/{charge}/resolve", "/runs/dry-run?cycle=2026-11", "/webhooks/{endpoint}",
    "/webhooks/{endpoint}/deliveries/{delivery:int}", "/keys", "/new-key", "/keys/{key}", "/approvals/{request:int}",
)  # fmt: skip


def at(path: str, names: dict[str, str]) -> str:
    """The address of a thing that is there."""
    for name, value in names.items():
        path = path.replace(name, value)
    assert "{" not in path, path
    return f"/console{path}"

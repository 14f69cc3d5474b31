"""The operations of the API, by what they are about.

Lives here: a class for each resource, a method for each operation.
May import: `models`, `operations`, `pages`, `requests`, `values` and the wire.
Start at: `bills.py`.

Written by `make docs` from the OpenAPI document: changes to this file are lost.
"""

from __future__ import annotations

from settle_client.async_resources.accounts import AsyncAccounts
from settle_client.async_resources.audits import AsyncAudits, AsyncSettings
from settle_client.async_resources.bills import AsyncBills, AsyncRepayments, AsyncStatements
from settle_client.async_resources.cards import AsyncCards, AsyncCoupons
from settle_client.async_resources.charges import AsyncCharges, AsyncDifferences, AsyncDisputes
from settle_client.async_resources.contract import AsyncContract
from settle_client.async_resources.events import (
    AsyncAnnouncements,
    AsyncEvents,
    AsyncOperations,
    AsyncQuarantine,
)
from settle_client.async_resources.fees import AsyncFees, AsyncProducts
from settle_client.async_resources.ledger import AsyncLedger
from settle_client.async_resources.methods import AsyncMethods
from settle_client.async_resources.payments import AsyncPayments
from settle_client.async_resources.refunds import AsyncRefunds
from settle_client.async_resources.relationships import AsyncRelationships
from settle_client.async_resources.runs import AsyncRuns
from settle_client.async_resources.senders import AsyncKeys, AsyncSenders, AsyncWebhooks
from settle_client.async_resources.terms import AsyncTerms
from settle_client.async_resources.top_ups import AsyncTopUps, AsyncTransfers
from settle_client.async_resources.unified_settlements import AsyncUnifiedSettlements
from settle_client.async_wire import AsyncWire

__all__ = [
    "AsyncAccounts",
    "AsyncAnnouncements",
    "AsyncAudits",
    "AsyncBills",
    "AsyncCards",
    "AsyncCharges",
    "AsyncContract",
    "AsyncCoupons",
    "AsyncDifferences",
    "AsyncDisputes",
    "AsyncEvents",
    "AsyncFees",
    "AsyncKeys",
    "AsyncLedger",
    "AsyncMethods",
    "AsyncOperations",
    "AsyncPayments",
    "AsyncProducts",
    "AsyncQuarantine",
    "AsyncRefunds",
    "AsyncRelationships",
    "AsyncRepayments",
    "AsyncResources",
    "AsyncRuns",
    "AsyncSenders",
    "AsyncSettings",
    "AsyncStatements",
    "AsyncTerms",
    "AsyncTopUps",
    "AsyncTransfers",
    "AsyncUnifiedSettlements",
    "AsyncWebhooks",
]


class AsyncResources:
    """Every resource."""

    def __init__(self, wire: AsyncWire) -> None:
        self.events = AsyncEvents(wire)
        self.operations = AsyncOperations(wire)
        self.accounts = AsyncAccounts(wire)
        self.top_ups = AsyncTopUps(wire)
        self.transfers = AsyncTransfers(wire)
        self.refunds = AsyncRefunds(wire)
        self.fees = AsyncFees(wire)
        self.cards = AsyncCards(wire)
        self.coupons = AsyncCoupons(wire)
        self.terms = AsyncTerms(wire)
        self.methods = AsyncMethods(wire)
        self.products = AsyncProducts(wire)
        self.relationships = AsyncRelationships(wire)
        self.payments = AsyncPayments(wire)
        self.unified_settlements = AsyncUnifiedSettlements(wire)
        self.bills = AsyncBills(wire)
        self.statements = AsyncStatements(wire)
        self.repayments = AsyncRepayments(wire)
        self.charges = AsyncCharges(wire)
        self.disputes = AsyncDisputes(wire)
        self.differences = AsyncDifferences(wire)
        self.ledger = AsyncLedger(wire)
        self.runs = AsyncRuns(wire)
        self.audits = AsyncAudits(wire)
        self.settings = AsyncSettings(wire)
        self.senders = AsyncSenders(wire)
        self.keys = AsyncKeys(wire)
        self.webhooks = AsyncWebhooks(wire)
        self.quarantine = AsyncQuarantine(wire)
        self.announcements = AsyncAnnouncements(wire)
        self.contract = AsyncContract(wire)

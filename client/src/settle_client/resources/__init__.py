"""The operations of the API, by what they are about.

Lives here: a class for each resource, a method for each operation.
May import: `models`, `operations`, `pages`, `requests`, `values` and the wire.
Start at: `bills.py`.

Written by `make docs` from the OpenAPI document: changes to this file are lost.
"""

from __future__ import annotations

from settle_client.resources.accounts import Accounts
from settle_client.resources.audits import Audits, Settings
from settle_client.resources.bills import Bills, Repayments, Statements
from settle_client.resources.cards import Cards, Coupons
from settle_client.resources.charges import Charges, Differences, Disputes
from settle_client.resources.contract import Contract
from settle_client.resources.events import Announcements, Events, Operations, Quarantine
from settle_client.resources.fees import Fees, Products
from settle_client.resources.ledger import Ledger
from settle_client.resources.methods import Methods
from settle_client.resources.payments import Payments
from settle_client.resources.refunds import Refunds
from settle_client.resources.relationships import Relationships
from settle_client.resources.runs import Runs
from settle_client.resources.senders import Keys, Senders, Webhooks
from settle_client.resources.terms import Terms
from settle_client.resources.top_ups import TopUps, Transfers
from settle_client.resources.unified_settlements import UnifiedSettlements
from settle_client.wire import Wire

__all__ = [
    "Accounts",
    "Announcements",
    "Audits",
    "Bills",
    "Cards",
    "Charges",
    "Contract",
    "Coupons",
    "Differences",
    "Disputes",
    "Events",
    "Fees",
    "Keys",
    "Ledger",
    "Methods",
    "Operations",
    "Payments",
    "Products",
    "Quarantine",
    "Refunds",
    "Relationships",
    "Repayments",
    "Resources",
    "Runs",
    "Senders",
    "Settings",
    "Statements",
    "Terms",
    "TopUps",
    "Transfers",
    "UnifiedSettlements",
    "Webhooks",
]


class Resources:
    """Every resource."""

    def __init__(self, wire: Wire) -> None:
        self.events = Events(wire)
        self.operations = Operations(wire)
        self.accounts = Accounts(wire)
        self.top_ups = TopUps(wire)
        self.transfers = Transfers(wire)
        self.refunds = Refunds(wire)
        self.fees = Fees(wire)
        self.cards = Cards(wire)
        self.coupons = Coupons(wire)
        self.terms = Terms(wire)
        self.methods = Methods(wire)
        self.products = Products(wire)
        self.relationships = Relationships(wire)
        self.payments = Payments(wire)
        self.unified_settlements = UnifiedSettlements(wire)
        self.bills = Bills(wire)
        self.statements = Statements(wire)
        self.repayments = Repayments(wire)
        self.charges = Charges(wire)
        self.disputes = Disputes(wire)
        self.differences = Differences(wire)
        self.ledger = Ledger(wire)
        self.runs = Runs(wire)
        self.audits = Audits(wire)
        self.settings = Settings(wire)
        self.senders = Senders(wire)
        self.keys = Keys(wire)
        self.webhooks = Webhooks(wire)
        self.quarantine = Quarantine(wire)
        self.announcements = Announcements(wire)
        self.contract = Contract(wire)

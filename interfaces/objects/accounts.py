"""One account with everything of its, read in one transaction, and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from interfaces.fields.accounts import COLLECTION, HOLDS, account_fields
from interfaces.fields.charges import CHARGES
from interfaces.fields.field import as_object, as_objects
from interfaces.fields.funds import fund_fields
from interfaces.fields.methods import METHODS
from interfaces.fields.refunds import REFUNDS
from interfaces.fields.terms import TERMS
from interfaces.fields.values import Json, money
from settlement.model.commands.revisions import account_revision
from settlement.model.policies.policy import Policy
from settlement.queries import accounts, charges, credit, funds, methods, refunds, relationships
from settlement.queries.accounts import AccountView, HoldView
from settlement.queries.charges import ChargeView, CollectionView
from settlement.queries.credit import TermView
from settlement.queries.funds import FundsView
from settlement.queries.methods import MethodView
from settlement.queries.refunds import GatewayRefundView
from settlement.queries.relationships import Membership


@dataclass(frozen=True, slots=True)
class AccountDetails:
    """An account and what belongs to it."""

    account: AccountView
    terms: Sequence[TermView]
    holds: Sequence[HoldView]
    funds: FundsView
    methods: Sequence[MethodView]
    charges_under_way: Sequence[ChargeView]
    collection: CollectionView | None
    on_their_way: list[GatewayRefundView]
    membership: Membership


def read_account(tx: Connection, name: str) -> AccountDetails:
    """Everything about one account.

    Raises:
        NotFound: it does not exist.
    """
    found = accounts.account(tx, name)
    return AccountDetails(
        found,
        credit.terms(tx, found.id),
        accounts.holds(tx, found.id),
        funds.of_account(tx, found.id),
        methods.methods(tx, found.id),
        charges.under_way(tx, name),
        charges.collection(tx, found.id),
        refunds.on_their_way(tx, found.id),
        relationships.membership(tx, found.id),
    )


def account_details(found: AccountDetails, now: datetime, policy: Policy) -> dict[str, Json]:
    """An account with everything of its, for programs."""
    currency, membership = found.account.currency, found.membership
    fields = fund_fields(now)
    return {
        **as_object(account_fields(policy), found.account),
        "set_aside": money(found.account.held_minor, currency),
        "received_by_transfer": money(membership.transferred_in_minor, currency),
        "returnable": money(membership.returnable_minor, currency),
        "main_account": None
        if membership.main is None
        else {"account": membership.main, "state": membership.state},
        "terms": as_objects(TERMS, found.terms),
        "holds": as_objects(HOLDS, found.holds),
        **{kind.key: as_objects(fields[kind.source], rows) for kind, rows in found.funds.by_kind()},
        "on_its_way_back": as_objects(REFUNDS, found.on_their_way),
        "methods": as_objects(METHODS, found.methods),
        "charges_under_way": as_objects(CHARGES, found.charges_under_way),
        "revision": account_revision(
            found.account,
            low_credit_line_minor=found.account.low_credit_line_minor,
            holds=[(hold.reason, hold.ref) for hold in found.holds],
        ),
        "collecting": None if found.collection is None else as_object(COLLECTION, found.collection),
    }

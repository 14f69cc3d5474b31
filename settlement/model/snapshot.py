"""What a plan sees: the accounts of a set with everything of theirs that a decision needs, read under lock."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from settlement.model.accounts import Account, AccountId, WriteOffHold
from settlement.model.bills import Bill, BillLine
from settlement.model.exports import ExportFacts
from settlement.model.funds import NO_FUNDS, CreditWatch, FundPosition
from settlement.model.gateway.booked_reversals import BookedReversal, ReversibleCharge
from settlement.model.gateway.charges import ChargeAttempt, ChargeLine, PaymentMethod, PreAuthorization
from settlement.model.gateway.collection import CollectionStatus
from settlement.model.gateway.refunds import GatewayRefund, RefundableCharge
from settlement.model.payments import BillPayment
from settlement.model.relationships import Relationship
from settlement.model.terms import PaymentTerm
from settlement.model.unified_settlements import RunningUnified, UnifiedLine, UnifiedSettlement


@dataclass(slots=True)
class ChargePosition:
    """Where collection from an account stands, its payment methods and charges.

    `attempts` are those in flight, those named in the scope, and those whose money waits for its bill, each with its
    `lines`; `authorizations` those that are not over.
    """

    collection: CollectionStatus
    methods: list[PaymentMethod] = field(default_factory=list)
    attempts: list[ChargeAttempt] = field(default_factory=list)
    lines: list[ChargeLine] = field(default_factory=list)
    authorizations: list[PreAuthorization] = field(default_factory=list)


@dataclass(slots=True)
class RefundPosition:
    """Charges that can be given back, oldest first, the refunds named in the scope, and the number of the last one.
    `gone_minor`: how much each refund and dispute of a gateway's own has taken back of the account's charges.
    """

    charges: list[RefundableCharge] = field(default_factory=list)
    refunds: list[GatewayRefund] = field(default_factory=list)
    last_no: int = 0
    gone_minor: list[int] = field(default_factory=list)


@dataclass(slots=True)
class ReversalPosition:
    """Reversals for which something is owed. Where charges are named in the scope: those charges, all reversals of
    them, the number of the account's last one, and what each charge has paid of bills, by its number and the cycle.
    """

    reversals: list[BookedReversal] = field(default_factory=list)
    charges: list[ReversibleCharge] = field(default_factory=list)
    paid: dict[tuple[int, int], int] = field(default_factory=dict)
    last_no: int = 0


@dataclass(slots=True)
class Position:
    """One account with its bills that are not settled (oldest cycle first), its funds and its holds.

    `lines` are loaded only for accounts that own a card with a balance. `charges` is None for accounts that never had
    a payment method, `refunds` where no charge can or could be given back and nobody asks for that, `reversals` where
    nothing is owed for one and no charge was named for it. `terms` are loaded where bills may be issued; `watch` is
    None where nobody asked for it; `payment` is the manual payment in progress.
    """

    account: Account
    bills: list[Bill] = field(default_factory=list)
    lines: Sequence[BillLine] = ()
    funds: FundPosition = NO_FUNDS
    holds: Sequence[WriteOffHold] = ()
    charges: ChargePosition | None = None
    refunds: RefundPosition | None = None
    reversals: ReversalPosition | None = None
    terms: Sequence[PaymentTerm] = ()
    watch: CreditWatch | None = None
    payment: BillPayment | None = None


@dataclass(frozen=True, slots=True)
class KnownRelationships:
    """Those of the set's members that are not ended, and how many members accounts of the set have."""

    of_members: tuple[Relationship, ...] = ()
    members_of: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class KnownPayments:
    """Manual payments by account and the caller's name, and the channel that an account used last."""

    names: frozenset[tuple[int, str]] = frozenset()
    last_channels: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class KnownSettlements:
    """Unified settlements that were named, with their `lines`, in order.

    `open_lines`: of the set's bills, which are in another settlement that is not over, with its id; `holders`: the main
    accounts of the settlements that hold accounts of the set, by the holds' name; `others_running`: settlements of the
    set's main accounts that run and were not named.
    """

    settlements: tuple[UnifiedSettlement, ...] = ()
    lines: tuple[UnifiedLine, ...] = ()
    open_lines: tuple[UnifiedLine, ...] = ()
    holders: Mapping[str, AccountId] = field(default_factory=dict)
    others_running: tuple[RunningUnified, ...] = ()


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The set, by account id, ascending, and what is known of the ids that events bring along.

    `known_fees`: amount by (account id, fee key), None in an archive; `known_cards` and `known_coupons`: (account id,
    the caller's name); `exports`: what is known of the rows of a billing export. `relationships`, `payments` and
    `unified_settlements` are loaded where an act of people is planned.
    """

    positions: Mapping[AccountId, Position]
    known_fees: Mapping[tuple[int, UUID], Decimal | None] = field(default_factory=dict)
    known_cards: frozenset[tuple[int, str]] = frozenset()
    known_coupons: frozenset[tuple[int, str]] = frozenset()
    exports: ExportFacts = field(default_factory=ExportFacts)
    relationships: KnownRelationships = field(default_factory=KnownRelationships)
    payments: KnownPayments = field(default_factory=KnownPayments)
    unified_settlements: KnownSettlements = field(default_factory=KnownSettlements)

    def parking(self, account_ids: Collection[int], at: datetime) -> Snapshot:
        """The same set with some accounts parked, so that a plan leaves them alone. Rule: R11.4."""
        positions = {
            key: replace(position, account=position.account._replace(parked_at=at))
            if key in account_ids
            else position
            for key, position in self.positions.items()
        }
        return replace(self, positions=positions)

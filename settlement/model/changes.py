"""What a plan decides: rows to write, as they are written, in parts by subject.

The rows are tuples because a month close makes hundreds of thousands of them and they go to the database unchanged.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from settlement.model.rows.accounts import AccountRows
from settlement.model.rows.announcements import Announcement
from settlement.model.rows.bills import BillRows
from settlement.model.rows.charges import ChargeRows
from settlement.model.rows.credit import CreditRows
from settlement.model.rows.funds import FundRows
from settlement.model.rows.methods import MethodRows
from settlement.model.rows.outcomes import EventOutcome
from settlement.model.rows.payments import PaymentRows
from settlement.model.rows.plain import PlainCloses, PlainPayments
from settlement.model.rows.records import RecordRows
from settlement.model.rows.refunds import RefundRows
from settlement.model.rows.relationships import RelationshipRow
from settlement.model.rows.reversals import ReversalRows
from settlement.model.rows.unified_settlements import UnifiedSettlementRows
from settlement.model.skip import Skip


@dataclass(slots=True)
class Changes:
    """Everything one set of accounts is to become, and why some of it stays undone.

    `parked`: accounts whose figures do not add up, each with the reason. Rule: R11.4.
    """

    accounts: AccountRows = field(default_factory=AccountRows)
    bills: BillRows = field(default_factory=BillRows)
    plain: PlainCloses = field(default_factory=PlainCloses)
    plain_payments: PlainPayments = field(default_factory=PlainPayments)
    funds: FundRows = field(default_factory=FundRows)
    records: RecordRows = field(default_factory=RecordRows)
    methods: MethodRows = field(default_factory=MethodRows)
    charges: ChargeRows = field(default_factory=ChargeRows)
    refunds: RefundRows = field(default_factory=RefundRows)
    reversals: ReversalRows = field(default_factory=ReversalRows)
    credit: CreditRows = field(default_factory=CreditRows)
    relationships: list[RelationshipRow] = field(default_factory=list)
    payments: PaymentRows = field(default_factory=PaymentRows)
    unified_settlements: UnifiedSettlementRows = field(default_factory=UnifiedSettlementRows)
    announcements: list[Announcement] = field(default_factory=list)
    outcomes: list[EventOutcome] = field(default_factory=list)
    parked: dict[int, str] = field(default_factory=dict)
    skips: list[Skip] = field(default_factory=list)

"""Loads what giving money back needs: charges that can be given back, and refunds on their way. Rule: R7.3."""

from __future__ import annotations

from sqlalchemy import Connection, text

from settlement.model.accounts import AccountId
from settlement.model.gateway.refunds import GatewayRefund, RefundableCharge
from settlement.model.snapshot import Position, RefundPosition
from settlement.storage.load.scope import RefundScope
from settlement.storage.sql.arrays import id_array
from settlement.storage.sql.columns import columns, names_of
from settlement.storage.tables.charges import CHARGE_ATTEMPT
from settlement.storage.tables.refunds import GATEWAY_REFUND

_CHARGE = columns(CHARGE_ATTEMPT, RefundableCharge, "t")
_REFUND = columns(
    GATEWAY_REFUND,
    GatewayRefund,
    "r",
    reference="CAST(r.reference AS text)",
    charge="CAST(t.reference AS text)",
)
_REFUND_COLUMNS = len(names_of(GatewayRefund))
# Two indexes hold just these: what can be given back, and what gateways took back by themselves. The oldest first.
_MINE = "t.account_id = ANY(CAST(:ids AS bigint[])) AND t.account_id BETWEEN :first AND :last"
_CHARGES = text(f"""
    SELECT {_CHARGE} FROM charge_attempt t
    WHERE {_MINE} AND t.state = 'succeeded' AND t.refunded_minor < t.charged_minor AND t.gateway_ref IS NOT NULL
    UNION SELECT {_CHARGE} FROM charge_attempt t WHERE {_MINE} AND t.reversed_minor > 0
    ORDER BY account_id, attempt_no""")
_LAST_NOS = text("""
    SELECT account_id, max(refund_no) FROM gateway_refund
    WHERE account_id = ANY(CAST(:ids AS bigint[])) AND account_id BETWEEN :first AND :last GROUP BY account_id""")
_GONE = text("""
    SELECT account_id, taken_minor FROM gateway_reversal
    WHERE account_id = ANY(CAST(:ids AS bigint[])) AND taken_minor > 0 ORDER BY account_id, reversal_no""")
_REFUNDS = text(f"""
    SELECT {_REFUND}, {_CHARGE}
    FROM unnest(CAST(:ids AS bigint[]), CAST(:nos AS integer[])) AS wanted (account_id, refund_no)
    JOIN gateway_refund r USING (account_id, refund_no)
    JOIN charge_attempt t ON t.account_id = r.account_id AND t.attempt_no = r.attempt_no
    ORDER BY r.account_id, r.refund_no""")


def load_refunds(tx: Connection, positions: dict[AccountId, Position], scope: RefundScope) -> None:
    """The charges of accounts that may be given money back, and the refunds that are named, each with its charge."""
    owners = {
        key: RefundPosition()
        for key, position in positions.items()
        if position.account.external_id in scope.refundable
    }
    if owners:
        bounds = {"ids": id_array(owners), "first": min(owners), "last": max(owners)}
        for row in tx.execute(_CHARGES, bounds):
            owners[row[0]].charges.append(RefundableCharge(*row))
        for row in tx.execute(_LAST_NOS, bounds):
            owners[row[0]].last_no = row[1]
        # Of most accounts no gateway has taken anything back.
        reversed_ = [
            key for key, own in owners.items() if any(charge.reversed_minor for charge in own.charges)
        ]
        for row in tx.execute(_GONE, {"ids": id_array(reversed_)}) if reversed_ else ():
            owners[row[0]].gone_minor.append(row[1])
    if scope.refunds:
        ids, nos = zip(*scope.refunds, strict=True)
        for row in tx.execute(_REFUNDS, {"ids": id_array(ids), "nos": id_array(nos)}):
            refunds = owners.setdefault(row[0], RefundPosition())
            refunds.refunds.append(GatewayRefund(*row[:_REFUND_COLUMNS]))
            charge = RefundableCharge(*row[_REFUND_COLUMNS:])
            if charge not in refunds.charges:
                refunds.charges.append(charge)
    for key, refunds in owners.items():
        positions[key].refunds = refunds

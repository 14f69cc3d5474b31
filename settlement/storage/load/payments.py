"""Loads what acts of people need to know: relationships, payments under way, unified settlements. Rule: R8.*, R9.*."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, text

from settlement.model.accounts import AccountId
from settlement.model.payments import PAYMENT_HOLD, BillPayment
from settlement.model.relationships import Relationship
from settlement.model.snapshot import Position, RepayingFacts
from settlement.model.unified_settlements import UNIFIED_HOLD, RunningUnified, UnifiedLine, UnifiedSettlement
from settlement.storage.sql.arrays import id_array, text_array
from settlement.storage.sql.columns import columns
from settlement.storage.tables.payments import BILL_PAYMENT
from settlement.storage.tables.relationships import BILLING_RELATIONSHIP
from settlement.storage.tables.unified_settlements import UNIFIED_LINE, UNIFIED_SETTLEMENT

_MINE = "= ANY(CAST(:ids AS bigint[]))"
_RUNNING = text(f"""
    SELECT {columns(BILL_PAYMENT, BillPayment)} FROM bill_payment
    WHERE account_id {_MINE} AND state = 'running'""")
_RELATIONSHIPS = text(f"""
    SELECT {columns(BILLING_RELATIONSHIP, Relationship)} FROM billing_relationship
    WHERE member_id {_MINE} AND state <> 'ended' ORDER BY member_id""")
_MEMBERS_OF = text(f"""
    SELECT main_id, count(*) FROM billing_relationship WHERE main_id {_MINE} AND state <> 'ended' GROUP BY main_id""")
_SETTLEMENTS = text(f"""
    SELECT {columns(UNIFIED_SETTLEMENT, UnifiedSettlement, deleted="deleted_at IS NOT NULL")} FROM unified_settlement
    WHERE id = ANY(CAST(:settlements AS bigint[])) ORDER BY run_at, id""")
_LINE = f"""
    SELECT {columns(UNIFIED_LINE, UnifiedLine, "l", main_id="s.main_id")}
    FROM unified_line l JOIN unified_settlement s ON s.id = l.settlement_id"""
_LINES = text(f"""
    {_LINE}
    WHERE settlement_id = ANY(CAST(:settlements AS bigint[])) ORDER BY settlement_id, line_no, account_id, cycle""")
_OPEN_LINES = text(f"""
    {_LINE} WHERE account_id {_MINE} AND l.state = 'open'
    ORDER BY settlement_id, line_no""")
_HOLDERS = text("SELECT id, main_id FROM unified_settlement WHERE id = ANY(CAST(:settlements AS bigint[]))")
_RUNNING_OF = text("""
    SELECT s.id, s.main_id, CAST(sum(b.payable_minor - b.paid_minor) AS bigint)
    FROM unified_settlement s
    JOIN unified_line l ON l.settlement_id = s.id AND l.state = 'open'
    JOIN bill b ON b.account_id = l.account_id AND b.cycle = l.cycle
    WHERE s.main_id = ANY(CAST(:ids AS bigint[])) AND s.state = 'running'
      AND s.id <> ALL(CAST(:settlements AS bigint[]))
    GROUP BY s.id ORDER BY s.id""")
_PAYMENT_NAMES = text("""
    SELECT p.account_id, p.external_id
    FROM unnest(CAST(:names AS text[]), CAST(:payments AS text[])) AS asked (name, payment)
    JOIN account a ON a.external_id = asked.name
    JOIN bill_payment p ON p.account_id = a.id AND p.external_id = asked.payment""")
_LAST_CHANNELS = text(f"""
    SELECT DISTINCT ON (account_id) account_id, channel FROM bill_payment
    WHERE account_id {_MINE} ORDER BY account_id, started_at DESC, id DESC""")


@dataclass(frozen=True, slots=True)
class RepayingScope:
    """Ids of unified settlements to load with their lists, and names of manual payments to look up, by account."""

    settlements: Sequence[int] = ()
    payments: Sequence[tuple[str, str]] = ()


def load_payments(tx: Connection, positions: Mapping[AccountId, Position]) -> None:
    """The payments under way. Each holds automatic write-off, so where nothing is held there is none to ask for."""
    ids = [
        key
        for key, position in positions.items()
        if position.holds and any(hold.reason == PAYMENT_HOLD for hold in position.holds)
    ]
    if ids:
        for row in tx.execute(_RUNNING, {"ids": id_array(ids)}):
            positions[row[1]].payment = BillPayment(*row)


def running_of(
    tx: Connection, mains: Sequence[int], *, but: Sequence[int] = ()
) -> tuple[RunningUnified, ...]:
    """What settlements of these main accounts ask for that run, all `but` these, oldest first; not locked."""
    asked = {"ids": id_array(mains), "settlements": id_array(but)}
    return tuple(RunningUnified(*row) for row in tx.execute(_RUNNING_OF, asked))


def load_repaying(
    tx: Connection, owners: dict[str, Any], ids: Mapping[AccountId, Position], scope: RepayingScope
) -> RepayingFacts:
    """The same number of statements for any number of accounts, after the accounts were locked."""
    mine = {"ids": owners["ids"]}
    asked = {"settlements": id_array(scope.settlements)}
    asking = {name for name, _ in scope.payments}
    payers = [position.account.id for position in ids.values() if position.account.external_id in asking]
    names, payments = zip(*scope.payments, strict=True) if scope.payments else ((), ())
    members_of = {row[0]: row[1] for row in tx.execute(_MEMBERS_OF, mine)}
    settlements = tuple(UnifiedSettlement(*row) for row in tx.execute(_SETTLEMENTS, asked))
    # Of a set of thousands few are main accounts.
    mains = sorted({*members_of, *(found.main_id for found in settlements)})
    return RepayingFacts(
        relationships=tuple(Relationship._make(row) for row in tx.execute(_RELATIONSHIPS, mine)),
        members_of=members_of,
        settlements=settlements,
        lines=tuple(UnifiedLine(*row) for row in tx.execute(_LINES, asked)),
        open_lines=tuple(UnifiedLine(*row) for row in tx.execute(_OPEN_LINES, mine)),
        holders=_holders(tx, ids),
        others_running=running_of(tx, mains, but=scope.settlements),
        payment_names=frozenset(
            (row[0], row[1])
            for row in tx.execute(
                _PAYMENT_NAMES, {"names": text_array(names), "payments": text_array(payments)}
            )
        ),
        last_channels={row[0]: row[1] for row in tx.execute(_LAST_CHANNELS, {"ids": id_array(payers)})},
    )


def _holders(tx: Connection, positions: Mapping[AccountId, Position]) -> dict[str, AccountId]:
    refs = {
        hold.ref for position in positions.values() for hold in position.holds if hold.reason == UNIFIED_HOLD
    }
    rows = tx.execute(_HOLDERS, {"settlements": id_array(int(ref) for ref in refs)})
    return {str(row[0]): row[1] for row in rows}

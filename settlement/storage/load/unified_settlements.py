"""Loads unified settlements with their lists, and which bills of a set are on one. Rule: R9.3."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import Connection, text

from settlement.model.accounts import AccountId
from settlement.model.snapshot import KnownSettlements, Position
from settlement.model.unified_settlements import UNIFIED_HOLD, RunningUnified, UnifiedLine, UnifiedSettlement
from settlement.storage.sql.arrays import id_array
from settlement.storage.sql.columns import columns
from settlement.storage.sql.rows import rows_as
from settlement.storage.sql.sums import whole
from settlement.storage.tables.unified_settlements import UNIFIED_LINE, UNIFIED_SETTLEMENT

_MINE = "= ANY(CAST(:ids AS bigint[]))"
_SETTLEMENTS = text(f"""
    SELECT {columns(UNIFIED_SETTLEMENT, UnifiedSettlement, deleted="deleted_at IS NOT NULL")} FROM unified_settlement
    WHERE id = ANY(CAST(:settlements AS bigint[])) ORDER BY run_at, id""")
_LINE = f"""
    SELECT {columns(UNIFIED_LINE, UnifiedLine, "l", main_id="s.main_id", settlement_name="s.external_id")}
    FROM unified_line l JOIN unified_settlement s ON s.id = l.settlement_id"""
_LINES = text(f"""
    {_LINE}
    WHERE settlement_id = ANY(CAST(:settlements AS bigint[])) ORDER BY settlement_id, line_no, account_id, cycle""")
_OPEN_LINES = text(f"""
    {_LINE} WHERE account_id {_MINE} AND l.state = 'open' AND settlement_id <> ALL(CAST(:settlements AS bigint[]))
    ORDER BY settlement_id, line_no""")
_HOLDERS = text("SELECT id, main_id FROM unified_settlement WHERE id = ANY(CAST(:settlements AS bigint[]))")
_RUNNING_OF = text("""
    SELECT s.id, s.main_id, sum(b.payable_minor - b.paid_minor)
    FROM unified_settlement s
    JOIN unified_line l ON l.settlement_id = s.id AND l.state = 'open'
    JOIN bill b ON b.account_id = l.account_id AND b.cycle = l.cycle
    WHERE s.main_id = ANY(CAST(:ids AS bigint[])) AND s.state = 'running'
      AND s.id <> ALL(CAST(:settlements AS bigint[]))
    GROUP BY s.id ORDER BY s.id""")


def known_settlements(
    tx: Connection,
    positions: Mapping[AccountId, Position],
    owners: str,
    named: Sequence[int],
    *,
    mains: Iterable[int],
) -> KnownSettlements:
    """Those named, what bills of `owners`, an array of ids, are on, and what others of the main accounts run."""
    mine, ids = {"ids": owners}, {"settlements": id_array(named)}
    settlements = tuple(UnifiedSettlement(*row) for row in tx.execute(_SETTLEMENTS, ids))
    # Of a set of thousands few are main accounts.
    paying = sorted({*mains, *(found.main_id for found in settlements)})
    return KnownSettlements(
        settlements=settlements,
        lines=tuple(rows_as(tx.execute(_LINES, ids), UnifiedLine)),
        open_lines=tuple(rows_as(tx.execute(_OPEN_LINES, mine | ids), UnifiedLine)),
        holders=_holders(tx, positions),
        others_running=running_of(tx, paying, but=named),
    )


def _holders(tx: Connection, positions: Mapping[AccountId, Position]) -> dict[str, AccountId]:
    refs = {
        hold.ref for position in positions.values() for hold in position.holds if hold.reason == UNIFIED_HOLD
    }
    rows = tx.execute(_HOLDERS, {"settlements": id_array(int(ref) for ref in refs)})
    return {str(row[0]): row[1] for row in rows}


def running_of(
    tx: Connection, mains: Sequence[int], *, but: Sequence[int] = ()
) -> tuple[RunningUnified, ...]:
    """What settlements of these main accounts ask for that run, all `but` these, oldest first; not locked."""
    parameters = {"ids": id_array(mains), "settlements": id_array(but)}
    return tuple(RunningUnified(*whole(row)) for row in tx.execute(_RUNNING_OF, parameters))

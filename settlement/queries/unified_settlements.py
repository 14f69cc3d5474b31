"""Reads for people about unified settlements: their progress and their lists; each listing in one statement."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, text

from settlement.errors import NotFound
from settlement.model.commands.revisions import settlement_revision
from settlement.model.cycle import Cycle
from settlement.model.unified_settlements import CLOSED, LineState, UnifiedState
from settlement.queries import accounts
from settlement.storage.sql.sums import whole

# Lines held at a time while a list is exported.
_FETCHED = 2000

# What was open when the settlement was closed stays on its list.
_LISTED = f"(l.state <> 'dropped' OR l.reason = '{CLOSED}')"
_SELECT = f"""
    SELECT s.id, m.external_id, s.main_id, s.external_id, s.currency, s.state, s.created_at, s.run_at, s.finished_at,
           s.deleted_at, l.bills, l.settled, l.accounts, l.paid, l.outstanding
    FROM unified_settlement s JOIN account m ON m.id = s.main_id
    CROSS JOIN LATERAL (
        SELECT count(*) FILTER (WHERE {_LISTED}) AS bills,
               count(*) FILTER (WHERE l.state = 'paid') AS settled,
               count(DISTINCT l.account_id) FILTER (WHERE {_LISTED}) AS accounts,
               coalesce(sum(l.paid_minor), 0) AS paid,
               coalesce(sum(b.payable_minor - b.paid_minor) FILTER (WHERE l.state = 'open'), 0) AS outstanding
        FROM unified_line l JOIN bill b ON b.account_id = l.account_id AND b.cycle = l.cycle
        WHERE l.settlement_id = s.id) AS l"""
_SETTLEMENTS = text(f"""{_SELECT}
    WHERE (CAST(:main AS text) IS NULL OR s.main_id = (SELECT id FROM account WHERE external_id = :main))
      AND (:all OR s.deleted_at IS NULL) AND (CAST(:after AS bigint) IS NULL OR s.id < :after)
    ORDER BY s.id DESC LIMIT :limit""")
_SETTLEMENT = text(f"{_SELECT} WHERE m.external_id = :main AND s.external_id = :name")
# What others are paying just now: a manual payment reserves on the bill, a charge of collecting on its lines.
_LINE_SELECT = """
    SELECT l.line_no, a.external_id, l.cycle, l.listed_minor, l.paid_minor, b.payable_minor - b.paid_minor, l.state,
           l.reason, a.parked_at IS NOT NULL,
           a.id = s.main_id OR EXISTS (SELECT 1 FROM billing_relationship r WHERE r.member_id = a.id
                                       AND r.main_id = s.main_id AND r.state = 'valid'),
           CAST(b.reserved_minor + coalesce((
               SELECT sum(c.amount_minor) FROM charge_attempt t JOIN charge_line c USING (account_id, attempt_no)
               WHERE t.account_id = l.account_id AND t.state IN ('waiting', 'sent', 'unknown')
                 AND t.reason <> 'manual' AND c.cycle = l.cycle), 0) AS bigint), s.currency
    FROM unified_line l JOIN unified_settlement s ON s.id = l.settlement_id JOIN account a ON a.id = l.account_id
    JOIN bill b ON b.account_id = l.account_id AND b.cycle = l.cycle
    WHERE l.settlement_id = :id"""
_LINES = text(f"""{_LINE_SELECT} AND (:all OR {_LISTED})
      AND (l.line_no > :after OR l.line_no = :after AND (l.account_id, l.cycle) >
           ((SELECT id FROM account WHERE external_id = CAST(:account AS text)), CAST(:cycle AS integer)))
    ORDER BY l.line_no, l.account_id, l.cycle LIMIT :limit""")
_WHOLE_LIST = text(f"""{_LINE_SELECT} ORDER BY NOT {_LISTED}, l.line_no, l.account_id, l.cycle""")


_REVISED = text("""
    SELECT account_id, cycle, CAST(state AS text) FROM unified_line
    WHERE settlement_id = :id AND state <> 'dropped' ORDER BY line_no""")


class UnifiedView(NamedTuple):
    """A unified settlement and how far it is. Amounts in minor units.

    `bills`, `settled` and `accounts` count what is on its list; `paid_minor` is what it has paid, `outstanding_minor`
    what its open lines ask for now.
    """

    number: int
    main: str
    main_id: int
    name: str
    currency: str
    state: UnifiedState
    created_at: datetime
    run_at: datetime | None
    finished_at: datetime | None
    deleted_at: datetime | None
    bills: int
    settled: int
    accounts: int
    paid_minor: int
    outstanding_minor: int


class UnifiedLineView(NamedTuple):
    """A bill of a list. `listed_minor` was outstanding when it was listed, `outstanding_minor` is so now.

    `may_be_paid`: its account has a valid relationship. `paid_by_others_minor` is under way by other means.
    """

    line_no: int
    account: str
    cycle: Cycle
    listed_minor: int
    paid_minor: int
    outstanding_minor: int
    state: LineState
    reason: str | None
    is_parked: bool
    may_be_paid: bool
    paid_by_others_minor: int
    currency: str


def settlements(
    tx: Connection, *, limit: int, after: int | None = None, main: str | None = None, deleted: bool = False
) -> list[UnifiedView]:
    """Unified settlements, the newest first, from the one after number `after` in that order on.

    Raises:
        NotFound: the main account does not exist.
    """
    if main is not None:
        accounts.account(tx, main)
    parameters = {"limit": limit, "after": after, "main": main, "all": deleted}
    return [UnifiedView(*whole(row)) for row in tx.execute(_SETTLEMENTS, parameters)]


def settlement(tx: Connection, main: str, name: str) -> UnifiedView:
    """One unified settlement by its name within its main account.

    Raises:
        NotFound: the account has none of this name, or does not exist.
    """
    row = tx.execute(_SETTLEMENT, {"main": main, "name": name}).one_or_none()
    if row is None:
        accounts.account(tx, main)
        raise NotFound(
            "unknown_settlement",
            f"account {main} has no unified settlement {name!r}; `settle unified list --main {main}` shows all",
        )
    return UnifiedView(*whole(row))


def revision(tx: Connection, found: UnifiedView) -> str:
    """What this state of it and of its list is known by. Rule: R12.4c."""
    listed = ((row[0], row[1], row[2]) for row in tx.execute(_REVISED, {"id": found.number}))
    return settlement_revision(found.state, is_deleted=found.deleted_at is not None, bills=listed)


def lines(
    tx: Connection,
    number: int,
    *,
    limit: int,
    after: int | tuple[int, str, int] = 0,
    dropped: bool = False,
) -> list[UnifiedLineView]:
    """The list in the order of payment, with `dropped` also what was dropped from it, which keeps its place.

    From the line after number `after` on, or after that of this number, account and cycle.
    """
    line, account, cycle = (after, None, None) if isinstance(after, int) else after
    parameters = {
        "id": number, "limit": limit, "after": line, "account": account, "cycle": cycle, "all": dropped,
    }  # fmt: skip
    return [UnifiedLineView(*row) for row in tx.execute(_LINES, parameters)]


def whole_list(tx: Connection, number: int) -> Iterator[UnifiedLineView]:
    """Every line in the order of payment, at the end those that were taken off; read in pages."""
    streamed = _WHOLE_LIST.execution_options(stream_results=True, yield_per=_FETCHED)
    with tx.execute(streamed, {"id": number}) as result:
        for row in result:
            yield UnifiedLineView(*row)

"""Reads the records of repayments: page by page, or all of them as a stream. Rule: R10.1, R10.2."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, text

from settlement.errors import NotFound
from settlement.model.cycle import Cycle, cycle_text
from settlement.model.funds import STORED, FundSource
from settlement.queries import accounts
from settlement.queries.funds import KNOWN_BY

# Records held at a time while they are exported.
_FETCHED = 2000

_STORED_NAME = " ".join(
    f"WHEN '{source}' THEN (SELECT {KNOWN_BY[source]} FROM {stored.table} WHERE id = l.source_id)"
    for source, stored in STORED.items()
)
# What a person knows the fund by; a method's charge stands beside it, as `settle charges` names it.
_FUND_NAME = f"""CASE l.source
        {_STORED_NAME}
        WHEN 'main_account' THEN (SELECT external_id FROM account WHERE id = l.source_id)
        WHEN 'external' THEN (SELECT m.external_id FROM charge_attempt t JOIN payment_method m ON m.id = t.method_id
                              WHERE t.account_id = l.account_id AND t.attempt_no = l.source_id) END"""
_CHARGE = """CASE l.source WHEN 'external' THEN (
        SELECT t.reference FROM charge_attempt t
        WHERE t.account_id = l.account_id AND t.attempt_no = l.source_id) END"""
# What the cause refers to, by the name under which a person finds it again.
REFERENCE = """CASE split_part(r.cause, ':', 1)
        WHEN 'event' THEN (SELECT i.source || '/' || i.event_id FROM inbox i
                           WHERE i.id = CAST(split_part(r.cause, ':', 2) AS bigint))
        WHEN 'payment' THEN (SELECT p.external_id FROM bill_payment p
                             WHERE p.id = CAST(split_part(r.cause, ':', 2) AS bigint))
        WHEN 'unified' THEN (SELECT m.external_id || '/' || s.external_id
                             FROM unified_settlement s JOIN account m ON m.id = s.main_id
                             WHERE s.id = CAST(split_part(r.cause, ':', 2) AS bigint))
        WHEN 'reversal' THEN (SELECT v.gateway_ref FROM gateway_reversal v
                              WHERE v.account_id = r.account_id
                                AND v.reversal_no = CAST(split_part(r.cause, ':', 2) AS integer))
        WHEN 'charge' THEN (SELECT coalesce(p.external_id, CAST(t.reference AS text)) FROM charge_attempt t
                            LEFT JOIN bill_payment p ON p.account_id = t.account_id AND p.attempt_no = t.attempt_no
                            WHERE t.account_id = r.account_id
                              AND t.attempt_no = CAST(split_part(r.cause, ':', 2) AS integer))
        WHEN 'refund' THEN (SELECT CAST(g.reference AS text) FROM gateway_refund g
                            WHERE g.account_id = r.account_id
                              AND g.refund_no = CAST(split_part(r.cause, ':', 2) AS integer))
        WHEN 'import' THEN (SELECT f.file_name FROM fee_import f
                            WHERE f.id = CAST(split_part(r.cause, ':', 2) AS bigint)) END"""
# A payment has the number of the event that requested it.
_REQUESTED_BY = """(SELECT i.source FROM inbox i WHERE i.id = CASE split_part(r.cause, ':', 1)
        WHEN 'payment' THEN CAST(split_part(r.cause, ':', 2) AS bigint)
        WHEN 'charge' THEN (SELECT p.id FROM bill_payment p
                            WHERE p.account_id = r.account_id
                              AND p.attempt_no = CAST(split_part(r.cause, ':', 2) AS integer)) END)"""
_SELECT = f"""
    SELECT a.external_id, r.cycle, r.cause, r.initiator, r.amount_minor, r.currency, r.paid_at, {REFERENCE},
           {_REQUESTED_BY},
           (SELECT jsonb_agg(jsonb_build_array(l.source, l.source_id, {_FUND_NAME}, {_CHARGE}, l.amount_minor)
                             ORDER BY l.line_no)
            FROM repayment_line l
            WHERE l.account_id = r.account_id AND l.cycle = r.cycle AND l.cause = r.cause)
    FROM repayment r JOIN account a ON a.id = r.account_id
    WHERE (CAST(:account AS text) IS NULL OR r.account_id = (SELECT id FROM account WHERE external_id = :account))
      AND (CAST(:cycle AS integer) IS NULL OR r.cycle = :cycle) AND r.cycle >= :since"""
_PAGE = text(f"""{_SELECT}
      AND (CAST(:after_account AS text) IS NULL OR (r.account_id, r.cycle, r.cause)
           > ((SELECT id FROM account WHERE external_id = :after_account), CAST(:after_cycle AS integer), :after_cause))
    ORDER BY r.account_id, r.cycle, r.cause LIMIT :limit""")
_ALL = text(f"{_SELECT} ORDER BY r.account_id, r.cycle, r.cause")
_ONE = text(f"{_SELECT} AND r.cause = :cause")
_ARCHIVED = text("""
    SELECT b.records_archive_id FROM bill b JOIN account a ON a.id = b.account_id
    WHERE a.external_id = :account AND b.cycle = :cycle""")
_OF_EVENT = text(f"{_SELECT} AND r.cause = :cause ORDER BY r.cycle LIMIT 1000")

# A repayment by an event names its row, and is of the event's own account.
_BY_EVENTS = text("""
    SELECT i.id, i.account, r.cycle, r.amount_minor, r.currency
    FROM inbox i JOIN account a ON a.external_id = i.account JOIN repayment r ON r.account_id = a.id
    WHERE i.id = ANY(CAST(:ids AS bigint[])) AND r.cause = 'event:' || i.id ORDER BY i.id, r.cycle""")


class PaidView(NamedTuple):
    """What an event paid of a bill as it was booked. Minor units."""

    inbox_id: int
    account: str
    cycle: Cycle
    amount_minor: int
    currency: str


class RepaymentLineView(NamedTuple):
    """What one fund paid. `name`: the card, coupon, main account or payment method, or the month of a credit refund.

    `charge` is the reference of the charge by which a method paid. Minor units.
    """

    source: FundSource
    source_id: int
    name: str | None
    charge: str | None
    amount_minor: int


@dataclass(frozen=True, slots=True)
class RepaymentView:
    """One repayment of a bill; `lines` in order of use.

    `reference` is what its cause refers to, by name: an event (source/id), a manual payment, a unified settlement (main
    account/name), a charge of collecting, a refund that failed, the file of an import, a gateway's refund or dispute by
    its id there; None for a month close and the coupons of an issuance, which the cause names. Minor units, below zero
    where a gateway took the payment back. `requested_by`: where it is of a manual payment, the source of the event that
    requested that.
    """

    account: str
    cycle: Cycle
    cause: str
    initiator: str
    amount_minor: int
    currency: str
    paid_at: datetime
    reference: str | None
    requested_by: str | None
    lines: list[RepaymentLineView]


def repayments(
    tx: Connection,
    *,
    limit: int,
    after: tuple[str, int, str] | None = None,
    account: str | None = None,
    cycle: int | None = None,
    since: int,
) -> list[RepaymentView]:
    """Repayments by account in the order of opening, cycle and cause, after `after` (account, cycle, cause).

    `since`: only those of bills of this cycle and later ones.

    Raises:
        NotFound: an account that was named does not exist.
    """
    after_account, after_cycle, after_cause = after or (None, None, None)
    for name in (account, after_account):
        if name is not None:
            accounts.account(tx, name)
    parameters = {
        "limit": limit, "account": account, "cycle": cycle, "since": since,
        "after_account": after_account, "after_cycle": after_cycle, "after_cause": after_cause,
    }  # fmt: skip
    return [_view(row) for row in tx.execute(_PAGE, parameters)]


def repayment(tx: Connection, account: str, cycle: int, cause: str, *, since: int) -> RepaymentView:
    """One repayment.

    Raises:
        NotFound: there is none, its bill is of a cycle before `since`, of which no records are presented, or
            `archived`: those of its bill are in an archive.
    """
    parameters = {"account": account, "cycle": cycle, "since": since, "cause": cause}
    row = tx.execute(_ONE, parameters).one_or_none()
    if row is None:
        bill = f"{account}:{cycle_text(cycle)}"
        archive = tx.scalar(_ARCHIVED, parameters)
        if archive is not None:
            raise NotFound(
                "archived",
                f"the repayments of bill {bill} are in archive {archive}: "
                f"settle archive show {archive} --rows repayments --account {account}",
            )
        raise NotFound(
            "unknown_repayment",
            f"bill {bill} has no repayment by {cause}; `settle repayments list --bill {bill}` shows all",
        )
    return _view(row)


def of_event(tx: Connection, account: str, inbox_id: int, *, since: int) -> list[RepaymentView]:
    """What an event paid at once of its account's bills of the cycle `since` and later ones, oldest bill first."""
    parameters = {"account": account, "cycle": None, "since": since, "cause": f"event:{inbox_id}"}
    return [_view(row) for row in tx.execute(_OF_EVENT, parameters)]


def paid_by_events(tx: Connection, inbox_ids: Sequence[int]) -> list[PaidView]:
    """What these events paid at once, by event and cycle."""
    return [PaidView(*row) for row in tx.execute(_BY_EVENTS, {"ids": list(inbox_ids)})]


def all_repayments(
    tx: Connection, *, account: str | None = None, cycle: int | None = None, since: int
) -> Iterator[RepaymentView]:
    """The same records in the same order, read in pages, however many there are.

    Raises:
        NotFound: the account does not exist.
    """
    if account is not None:
        accounts.account(tx, account)
    streamed = _ALL.execution_options(stream_results=True, yield_per=_FETCHED)
    with tx.execute(streamed, {"account": account, "cycle": cycle, "since": since}) as result:
        for row in result:
            yield _view(row)


def _view(row: Any) -> RepaymentView:
    lines = [RepaymentLineView(*line) for line in row[9] or ()]
    return RepaymentView(*(*row[:9], lines))

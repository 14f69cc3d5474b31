"""The ledger for other programs: as CSV, or as a journal with which an independent program proves the balances.

The journal is plain text of the hledger family: every entry is a transaction of two postings, and at the end every
balance that the database stores is asserted. `hledger check` then adds it all up again. Rule: R11.2.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from functools import lru_cache
from itertools import islice
from typing import Literal
from urllib.parse import quote

from settlement.model.cycle import cycle_text
from settlement.model.funds import FUNDS, STORED
from settlement.model.instants import instant_text
from settlement.model.money import decimal_text
from settlement.model.policies.policy import Policy
from settlement.queries import ledger
from settlement.queries.ledger import Balance, Entry, Period
from settlement.queries.operating import archives
from settlement.storage.sql.read_only import read_only
from settlement.storage.store import Store

Format = Literal["csv", "hledger"]
_BATCH = 2000
# Balances asserted in one transaction of the journal.
_ASSERTED_TOGETHER = 50

# hledger's kinds of accounts. What belongs to customers is a liability, what they owe an asset.
_OWNED: dict[str, str] = {
    "cash": "liabilities:cash",
    "receivable": "assets:receivable",
    "collected": "liabilities:collected",
    "refunding": "liabilities:refunding",
    "reversal": "assets:reversals",
    **{FUNDS[source].ledger: f"liabilities:{FUNDS[source].ledger}" for source in STORED},
}
_PLATFORM: dict[str, str] = {
    "revenue": "income:revenue",
    "bank_clearing": "assets:bank-clearing",
    "gateway_clearing": "assets:gateway-clearing",
    **{stored.grant: f"expenses:{stored.grant.replace('_', '-')}" for stored in STORED.values()},
    "expired": "income:expired",
    "transfer_clearing": "liabilities:transfer-clearing",
    "opening": "equity:opening",
}
_FORWARD = "equity:brought-forward"


@dataclass(slots=True)
class Exported:
    """How many entries were written, and how many balances the journal asserts."""

    entries: int = 0
    balances: int = 0


def _nobody_listens(entries: int) -> None:
    """Progress that nobody requested."""


def export_ledger(
    store: Store,
    write: Callable[[bytes], object],
    *,
    form: Format,
    period: Period,
    at: datetime,
    policy: Policy,
    on_progress: Callable[[int], None] = _nobody_listens,
) -> Exported:
    """Writes the ledger entries of a period in pieces, in the order of posting; memory does not grow with their number.

    One read-only transaction, so that entries and balances belong together. `at` dates the journal's assertions
    where the period is open and has no entries. `on_progress` hears how many entries are written.

    What is in archives is in it as one entry for each account, whose cause names the last of them.

    Raises:
        NotFound: `archived`, the period begins or ends before an instant up to which entries are in archives.
        Unavailable: PostgreSQL is down; what was written so far is not complete.
    """
    done = Exported()
    with store.transaction() as tx:
        read_only(tx)
        for bound in period:
            if bound is not None:
                archives.refuse_archived_entries(tx, bound)
        if form == "csv":
            # The header is a line too.
            lines = -1
            for piece in ledger.csv_chunks(tx, period):
                write(piece)
                lines += piece.count(b"\n")
                done.entries = max(0, lines)
                on_progress(done.entries)
            return done
        journal = _Journal(policy.zone, done)
        write(journal.head(ledger.currencies(tx), at, period))
        if period.start is not None:
            for text in _joined(journal.opening(ledger.brought_forward(tx, period.start), period.start)):
                write(text)
        for text in _joined(journal.entries(ledger.entries(tx, period))):
            write(text)
            on_progress(done.entries)
        dated = journal.last or (period.start or at).astimezone(policy.zone).date()
        for text in _joined(journal.assertions(ledger.balances(tx, period.end), dated)):
            write(text)
        write(journal.cleared(ledger.currencies(tx), dated, forwarded=period.start is not None))
    return done


def _joined(parts: Iterator[str]) -> Iterator[bytes]:
    while batch := "".join(islice(parts, _BATCH)):
        yield batch.encode()


class _Journal:
    """Writes transactions as text. Debits are positive, as everywhere in plain-text accounting."""

    def __init__(self, zone: tzinfo, done: Exported) -> None:
        self._zone = zone
        self._done = done
        self.last: date | None = None

    def head(self, currencies: Iterable[str], at: datetime, period: Period) -> bytes:
        """Which commodities there are, and how their amounts are written."""
        lines = [f"; The ledger of settle, written at {instant_text(at)}"]
        if period.start is not None or period.end is not None:
            start, end = (instant_text(bound) if bound else "..." for bound in period)
            lines.append(f"; Entries posted from {start} until before {end}")
        lines.append("decimal-mark .")
        lines += [
            f"commodity {decimal_text(1000 * 10 ** _places(code), code) + _point(code)} {code}"
            for code in currencies
        ]
        return ("\n".join(lines) + "\n\n").encode()

    def opening(self, balances: Iterable[Balance], start: datetime) -> Iterator[str]:
        """What was there before the first entry, each balance against one account that comes to zero in the end."""
        day = start.astimezone(self._zone).date().isoformat()
        for owner, kind, ref, currency, credit_minor in balances:
            name = _name(owner, kind, ref)
            forward = decimal_text(credit_minor, currency)
            back = decimal_text(-credit_minor, currency)
            yield f"{day} brought forward\n    {name}  {back} {currency}\n    {_FORWARD}  {forward} {currency}\n\n"

    def entries(self, entries: Iterable[Entry]) -> Iterator[str]:
        """One transaction per entry."""
        zone = self._zone
        for posted_at, number, owner, debit, debit_ref, credit, credit_ref, minor, currency, cause in entries:
            day = posted_at.astimezone(zone).date()
            self.last = day
            amount = decimal_text(minor, currency)
            self._done.entries += 1
            yield (
                f"{day.isoformat()} {cause}  ; entry:{number}, at:{instant_text(posted_at)}\n"
                f"    {_name(owner, debit, debit_ref)}  {amount} {currency}\n"
                f"    {_name(owner, credit, credit_ref)}  -{amount} {currency}\n\n"
            )

    def assertions(self, balances: Iterable[Balance], day: date) -> Iterator[str]:
        """Every stored balance, asserted to be the only thing in its account."""
        stored = iter(balances)
        while batch := list(islice(stored, _ASSERTED_TOGETHER)):
            self._done.balances += len(batch)
            yield f"{day.isoformat()} stored balances\n"
            for owner, kind, ref, currency, credit_minor in batch:
                zero, balance = decimal_text(0, currency), decimal_text(-credit_minor, currency)
                yield f"    {_name(owner, kind, ref)}  {zero} {currency} == {balance} {currency}\n"
            yield "\n"

    def cleared(self, currencies: Iterable[str], day: date, *, forwarded: bool) -> bytes:
        """What must be empty: the account through which transfers pass, and what balances were brought in against."""
        empty = [_PLATFORM["transfer_clearing"], *([_FORWARD] if forwarded else [])]
        lines = [
            f"    {name}  {decimal_text(0, code)} {code} = {decimal_text(0, code)} {code}\n"
            for code in currencies
            for name in empty
        ]
        return f"{day.isoformat()} must be empty\n{''.join(lines)}\n".encode() if lines else b""


@lru_cache(maxsize=10_000)
def _name(owner: str | None, kind: str, ref: int) -> str:
    """An account of the journal. Names from outside may hold anything, so all but plain characters are written %XX."""
    group = _OWNED.get(kind)
    if group is None or owner is None:
        return _PLATFORM.get(kind, f"equity:{kind.replace('_', '-')}")
    safe = quote(owner, safe="@")
    if kind == "cash":
        return f"{group}:{safe}"
    return f"{group}:{safe}:{cycle_text(ref) if kind == 'receivable' else ref}"


def _places(currency: str) -> int:
    return len(decimal_text(0, currency).partition(".")[2])


def _point(currency: str) -> str:
    """A commodity directive shows a decimal mark even where the currency has no places."""
    return "" if _places(currency) else "."

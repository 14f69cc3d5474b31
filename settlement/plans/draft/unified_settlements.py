"""Unified settlements and their lines at this point of a plan. Rule: R9.3."""

from __future__ import annotations

from collections import defaultdict

from settlement.model.accounts import AccountId
from settlement.model.commands.revisions import settlement_revision
from settlement.model.cycle import Cycle
from settlement.model.snapshot import KnownSettlements
from settlement.model.unified_settlements import LineState, UnifiedLine, UnifiedSettlement, UnifiedState

LineKey = tuple[int, int, int]


class WorkingUnifiedLine:
    """A bill of a settlement as it stands at this point of the plan."""

    __slots__ = ("is_touched", "line", "line_no", "listed_minor", "paid_minor", "reason", "state")

    def __init__(self, line: UnifiedLine, *, is_new: bool = False) -> None:
        self.line = line
        self.line_no = line.line_no
        self.listed_minor = line.listed_minor
        self.paid_minor = line.paid_minor
        self.state: LineState = line.state
        self.reason: str | None = None
        self.is_touched = is_new

    @property
    def bill(self) -> tuple[AccountId, Cycle]:
        """Account and cycle."""
        return self.line.account_id, self.line.cycle

    def pay_plain(self, amount_minor: int) -> None:
        """Paid to the end, which is written together with the bill, and not as a row of its own."""
        self.paid_minor += amount_minor
        self.state = "paid"

    def end(self, state: LineState, reason: str | None = None) -> None:
        """Nothing more is paid of it by this settlement."""
        self.state, self.reason, self.is_touched = state, reason, True


class WorkingUnifiedSettlement:
    """A unified settlement as it stands at this point of the plan. `lines` are in order of payment."""

    __slots__ = ("is_deleted", "is_new", "is_touched", "lines", "rounds", "settlement", "state")

    def __init__(self, settlement: UnifiedSettlement, *, is_new: bool = False) -> None:
        self.settlement = settlement
        self.state: UnifiedState = settlement.state
        self.rounds = settlement.rounds
        self.is_deleted = settlement.deleted
        self.lines: list[WorkingUnifiedLine] = []
        self.is_new = is_new
        self.is_touched = is_new

    @property
    def open_lines(self) -> list[WorkingUnifiedLine]:
        """What is not paid yet, in order."""
        return [line for line in self.lines if line.state == "open"]

    @property
    def revision(self) -> str:
        """What this state of it and of its list is known by. Rule: R12.4c."""
        bills = ((*line.bill, line.state) for line in self.lines if line.state != "dropped")
        return settlement_revision(self.state, is_deleted=self.is_deleted, bills=bills)

    @property
    def ref(self) -> str:
        """By which name its holds are known."""
        return str(self.settlement.id)


class WorkingUnifiedSettlements:
    """Those that were loaded or made here, by main account and the caller's name, and the lines of the set's bills."""

    def __init__(self, known: KnownSettlements) -> None:
        self.by_name: dict[tuple[int, str], WorkingUnifiedSettlement] = {
            (found.main_id, found.external_id): WorkingUnifiedSettlement(found) for found in known.settlements
        }
        self.others_running = known.others_running
        self.lines: dict[LineKey, WorkingUnifiedLine] = {}
        # By account, so that a question about one bill does not look through everybody's.
        self.lines_of: defaultdict[int, list[WorkingUnifiedLine]] = defaultdict(list)
        by_id = {working.settlement.id: working for working in self.by_name.values()}
        for line in (*known.lines, *known.open_lines):
            key = (line.settlement_id, line.account_id, line.cycle)
            if key not in self.lines:
                working = self.add_line(WorkingUnifiedLine(line))
                if line.settlement_id in by_id:
                    by_id[line.settlement_id].lines.append(working)
        self._holders = dict(known.holders)

    def add_line(self, working: WorkingUnifiedLine) -> WorkingUnifiedLine:
        """Takes in a line, loaded or made here."""
        line = working.line
        self.lines[line.settlement_id, line.account_id, line.cycle] = working
        self.lines_of[line.account_id].append(working)
        return working

    def holder_of(self, ref: str) -> AccountId | None:
        """The main account of the settlement that holds accounts under this name."""
        made_here = (working for working in self.by_name.values() if working.ref == ref)
        found = next(made_here, None)
        return self._holders.get(ref) if found is None else found.settlement.main_id

    def settlement_of(self, account_id: AccountId, cycle: Cycle) -> UnifiedLine | None:
        """The line of this bill in the settlement that is not over and lists it."""
        return next(
            (
                working.line
                for working in self.lines_of.get(account_id, ())
                if working.line.cycle == cycle and working.state == "open"
            ),
            None,
        )

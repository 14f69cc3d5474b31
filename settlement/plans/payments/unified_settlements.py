"""Unified settlement: a main account pays listed bills of several accounts, in the listed order. Rule: R9.3."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from settlement.errors import Busy, Refused
from settlement.model.accounts import AccountId
from settlement.model.changes import Changes
from settlement.model.commands.revisions import check_revision
from settlement.model.commands.unified_settlements import (
    UnifiedClosed,
    UnifiedCommand,
    UnifiedDeleted,
    UnifiedListed,
    UnifiedOrdered,
    UnifiedRun,
)
from settlement.model.cycle import Cycle, cycle_text
from settlement.model.policies.policy import Policy
from settlement.model.snapshot import Snapshot
from settlement.model.unified_settlements import CLOSED, UNIFIED_HOLD, UnifiedLine, UnifiedSettlement
from settlement.plans.announcements.unified_settlements import announce_unified
from settlement.plans.draft.accounts import WorkingAccount
from settlement.plans.draft.draft import Draft
from settlement.plans.draft.unified_settlements import WorkingUnifiedLine, WorkingUnifiedSettlement
from settlement.plans.finish.changes import finish
from settlement.plans.payments.unified_payments import complete, end_paid_lines, pay_lines, release
from settlement.plans.write_off.write_off import outstanding_minor


def create(draft: Draft, main: WorkingAccount, command: UnifiedListed) -> None:
    """A draft with the unsettled bills that the command lists.

    Raises:
        Refused: `settlement_exists`, and what the list can be refused for.
        Busy: the list changed between its reading and the locks; the event is taken up again.
    """
    key = (main.id, command.settlement)
    if key in draft.unified_settlements.by_name:
        gone = (
            ", though deleted; take another name" if draft.unified_settlements.by_name[key].is_deleted else ""
        )
        raise Refused(
            "settlement_exists",
            f"unified settlement {command.settlement} of {main.external_id} is known{gone}",
        )
    settlement = UnifiedSettlement(
        command.head.inbox_id, main.id, command.settlement, main.currency, "draft", 0, deleted=False
    )
    working = WorkingUnifiedSettlement(settlement, is_new=True)
    listed = _listed(draft, main, working, command.accounts, command.cycles)
    draft.unified_settlements.by_name[key] = working
    _put(draft, working, listed)
    announce_unified(draft, main, working, "created")


def edit(draft: Draft, main: WorkingAccount, command: UnifiedListed | UnifiedOrdered) -> None:
    """A draft's list made anew or reordered; accounts that are no longer on it are released.

    Raises:
        Refused, Busy: as `create`; and `unknown_settlement`, `settlement_running`, `settlement_over`, `not_listed`,
            `changed`.
    """
    working = _known(draft, main, command)
    if working.state != "draft":
        raise Refused(
            "settlement_running", f"unified settlement {command.settlement} is {working.state}, not a draft"
        )
    if isinstance(command, UnifiedListed):
        listed = _listed(draft, main, working, command.accounts, command.cycles)
    else:
        listed = _ordered(draft, working, command.bills)
    keep = set(listed)
    before = {line.line.account_id for line in working.open_lines}
    for line in working.open_lines:
        if line.bill not in keep:
            line.end("dropped", "taken off the list")
    _put(draft, working, listed)
    gone = before - {account_id for account_id, _ in listed}
    release(
        draft, working, [_member(draft, account_id) for account_id in sorted(gone)], cause=command.head.cause
    )


def run(draft: Draft, main: WorkingAccount, command: UnifiedRun) -> None:
    """A draft begins to pay, as far as its main account's money reaches.

    Raises:
        Refused: `unknown_settlement`, `settlement_running`, `settlement_over`, `nothing_to_settle`, `changed`.
    """
    working = _known(draft, main, command)
    if working.state != "draft":
        raise Refused("settlement_running", f"the settlement is {working.state} already")
    if not working.open_lines:
        raise Refused("nothing_to_settle", "no bill is left on the list; close the settlement")
    working.state = "running"
    working.is_touched = True
    pay_lines(draft, main, working)


def close(draft: Draft, main: WorkingAccount, command: UnifiedClosed | UnifiedDeleted) -> None:
    """Ends a draft or a running settlement: what is not paid stays unpaid, and every account is released.

    One that runs and of which everything is paid is completed, whoever comes first: this, or the look that would have
    found it.

    Raises:
        Refused: `unknown_settlement`, `settlement_over`, `changed`.
        Busy: as `create`.
    """
    working = _known(draft, main, command)
    if working.state not in ("draft", "running"):
        raise Refused("settlement_over", f"the settlement is {working.state} already")
    accounts = [
        _member(draft, account_id)
        for account_id in dict.fromkeys(
            line.line.account_id for line in working.lines if line.state != "dropped"
        )
    ]
    if working.state == "running":
        end_paid_lines(draft, working)
        if not working.open_lines:
            complete(draft, main, working)
            return
    for line in working.open_lines:
        line.end("dropped", CLOSED)
    working.state = "closed"
    working.is_touched = True
    announce_unified(draft, main, working, "closed")
    release(draft, working, accounts, cause=command.head.cause)


def delete(draft: Draft, main: WorkingAccount, command: UnifiedDeleted) -> None:
    """Takes a settlement off the list for good, a draft closed first.

    Raises:
        Refused: `unknown_settlement`, `settlement_over`, `settlement_running`, `changed`.
        Busy: as `create`.
    """
    working = _known(draft, main, command)
    if working.state == "running":
        raise Refused("settlement_running", "a settlement that runs has to be closed before it is deleted")
    if working.state == "draft":
        close(draft, main, command)
    working.is_deleted = working.is_touched = True


def plan_unified(
    snapshot: Snapshot, *, settlement_ids: Iterable[int], at: datetime, policy: Policy
) -> Changes:
    """Goes on with settlements that run, each as far as its main account's money reaches."""
    draft = Draft(snapshot, at=at, policy=policy)
    wanted = set(settlement_ids)
    for working in draft.unified_settlements.by_name.values():
        main = draft.accounts.get(working.settlement.main_id)
        if (
            working.settlement.id in wanted
            and working.state == "running"
            and main is not None
            and not main.parked
        ):
            pay_lines(draft, main, working)
    return finish(draft)


def _known(draft: Draft, main: WorkingAccount, command: UnifiedCommand) -> WorkingUnifiedSettlement:
    """The settlement that the command is about, as its sender has read it.

    Raises:
        Refused: `unknown_settlement`, `settlement_over`, `changed`.
    """
    name = command.settlement
    working = draft.unified_settlements.by_name.get((main.id, name))
    if working is None:
        raise Refused("unknown_settlement", f"account {main.external_id} has no unified settlement {name!r}")
    if working.is_deleted:
        raise Refused("settlement_over", f"unified settlement {name} of {main.external_id} was deleted")
    if command.if_revision is not None:
        # It goes through the whole list.
        check_revision(command.if_revision, working.revision, f"unified settlement {name}")
    return working


def _member(draft: Draft, account_id: AccountId) -> WorkingAccount:
    account = draft.accounts.get(account_id)
    if account is None:
        raise Busy("the settlement's list changed while it was read; it is taken up again")
    return account


def _listed(
    draft: Draft,
    main: WorkingAccount,
    working: WorkingUnifiedSettlement,
    accounts: Iterable[str],
    cycles: Iterable[Cycle],
) -> list[tuple[AccountId, Cycle]]:
    """The unsettled bills of accounts times cycles; each account one that the main account may pay for."""
    months = list(cycles)
    found = []
    for name in accounts:
        account = draft.accounts.named(name)
        if account is None:
            raise Refused("unknown_account", f"account {name!r} is not known")
        _check_member(draft, main, account)
        for cycle in months:
            bill = account.bill(cycle)
            if bill is None or not outstanding_minor(bill):
                continue
            other = draft.unified_settlements.settlement_of(account.id, cycle)
            if other is not None and other.settlement_id != working.settlement.id:
                raise Refused(
                    "in_other_settlement",
                    f"bill {name}:{cycle_text(cycle)} is in unified settlement {other.settlement_name}, "
                    "which is not over",
                )
            found.append((account.id, cycle))
    if not found:
        raise Refused("nothing_to_settle", "none of these accounts has an unsettled bill of these cycles")
    return found


def _check_member(draft: Draft, main: WorkingAccount, account: WorkingAccount) -> None:
    name = account.external_id
    if account.parked:
        raise Refused("account_parked", f"account {name} is parked")
    if account.currency != main.currency:
        raise Refused(
            "wrong_currency",
            f"account {name} is kept in {account.currency}, {main.external_id} in {main.currency}",
        )
    if account is not main and draft.relationships.main_of(account.id) != main.id:
        raise Refused("no_relationship", f"account {name} is no valid member of {main.external_id}")


def _ordered(
    draft: Draft, working: WorkingUnifiedSettlement, bills: Iterable[tuple[str, Cycle]]
) -> list[tuple[AccountId, Cycle]]:
    listed = {line.bill for line in working.open_lines}
    found = []
    for name, cycle in bills:
        account = draft.accounts.named(name)
        if account is None or (account.id, cycle) not in listed:
            raise Refused("not_listed", f"bill {name}:{cycle_text(cycle)} is not on the settlement's list")
        found.append((account.id, cycle))
    return found


def _put(draft: Draft, working: WorkingUnifiedSettlement, listed: list[tuple[AccountId, Cycle]]) -> None:
    """The list in this order, every account of it held."""
    lines = draft.unified_settlements.lines
    settlement_id = working.settlement.id
    for line_no, (account_id, cycle) in enumerate(listed, start=1):
        account = _member(draft, account_id)
        bill = account.bill(cycle)
        owed = 0 if bill is None else outstanding_minor(bill)
        key = (settlement_id, account_id, cycle)
        line = lines.get(key)
        if line is None:
            fresh = UnifiedLine(
                settlement_id,
                line_no,
                account.id,
                cycle,
                owed,
                0,
                "open",
                working.settlement.main_id,
                working.settlement.external_id,
            )
            line = draft.unified_settlements.add_line(WorkingUnifiedLine(fresh, is_new=True))
            working.lines.append(line)
        elif line.state != "open":
            # Taken off before and put back on: as what is owed now.
            line.listed_minor = owed
            line.state, line.reason = "open", None
        line.line_no, line.is_touched = line_no, True
        draft.hold(account, UNIFIED_HOLD, working.ref)
    working.lines.sort(key=lambda line: line.line_no)

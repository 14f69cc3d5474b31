"""Short texts by which one state of what people edit is known from every other. Rule: R12.4c."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Protocol

from settlement.errors import Refused
from settlement.model.cycle import Cycle
from settlement.model.unified_settlements import UnifiedState

# Under this code an edit of something else than what was read is refused.
CHANGED = "changed"


class Edited(Protocol):
    """What `account_changed` gives new values to, beside the watch on credit and the holds."""

    @property
    def auto_write_off_enabled(self) -> bool: ...

    @property
    def write_off_past_bills(self) -> bool: ...

    @property
    def credit_control(self) -> bool: ...

    @property
    def credit_limit_minor(self) -> int: ...

    @property
    def frozen_minor(self) -> int: ...


def account_revision(
    account: Edited, *, low_credit_line_minor: int | None, holds: Iterable[tuple[str, str]]
) -> str:
    """Of an account: its switches, limits and holds (reason, ref). Balances are not in it: an edit undoes none."""
    return _digest(
        account.auto_write_off_enabled, account.write_off_past_bills, account.credit_control,
        account.credit_limit_minor, account.frozen_minor, low_credit_line_minor, sorted(holds),
    )  # fmt: skip


def settlement_revision(
    state: UnifiedState, *, is_deleted: bool, bills: Iterable[tuple[int, Cycle, str]]
) -> str:
    """Of a unified settlement: its state and its list, which is of account id, cycle and state of each line in the
    order of payment, without those that were dropped.
    """
    return _digest(state, is_deleted, [(account, int(cycle), line) for account, cycle, line in bills])


def check_revision(wanted: str | None, present: str, what: str) -> None:
    """Whoever edits what has changed since it was read would undo what somebody else did.

    Raises:
        Refused: under the code above.
    """
    if wanted is not None and wanted != present:
        raise Refused(CHANGED, f"{what} has changed since it was read")


def _digest(*values: object) -> str:
    return hashlib.blake2b(repr(values).encode(), digest_size=9).hexdigest()

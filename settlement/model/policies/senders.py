"""Who may send what: sources that are known, and what they may say."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

Scope = Literal["send", "read", "operate"]
SCOPES: tuple[Scope, ...] = get_args(Scope)
# At the end of an account's name: every account whose name begins with what stands before.
ANY_ENDING = "*"
NOT_ALLOWED = "not_allowed"


@dataclass(frozen=True, slots=True)
class SenderView:
    """A known source. None: every type of event, every account. `ended_at` (UTC): it may send nothing from then on.

    `role`: the database role by which it inserts events, if it does; no other role may insert any of this source then.
    """

    source: str
    event_types: tuple[str, ...] | None
    accounts: tuple[str, ...] | None
    created_at: datetime
    ended_at: datetime | None
    role: str | None = None

    def may_name(self, account: str) -> bool:
        """May its events be about this account."""
        return self.accounts is None or any(_covers(pattern, account) for pattern in self.accounts)

    def refusal_of(self, event_type: str, accounts: Iterable[str]) -> str | None:
        """Why it may not send an event of this type about these accounts; nothing where it may. Rule: R12.1."""
        if self.ended_at is not None:
            return f"source {self.source} has been ended; `settle senders add {self.source}` opens it again"
        if self.event_types is not None and event_type not in self.event_types:
            return f"source {self.source} may send {', '.join(self.event_types)}, not {event_type}"
        for account in accounts:
            if not self.may_name(account):
                return f"source {self.source} may send nothing about account {account}"
        return None


def _covers(pattern: str, account: str) -> bool:
    if pattern.endswith(ANY_ENDING):
        return account.startswith(pattern.removesuffix(ANY_ENDING))
    return account == pattern

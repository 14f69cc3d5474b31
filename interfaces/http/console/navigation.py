"""The sections of the console and their pages, in the order in which they are offered."""

from __future__ import annotations

from typing import NamedTuple

from settlement.model.policies.users import Permission


class Entry(NamedTuple):
    """A page in the navigation. `key`: with `g` before it, the keys that go there; `permission`: who sees it."""

    title: str
    path: str
    key: str = ""
    permission: Permission | None = None


SECTIONS: dict[str, tuple[Entry, ...]] = {
    "Money": (
        Entry("Overview", "", "o"),
        Entry("Bills", "/bills", "b"),
        Entry("Overdue", "/overdue", "d"),
        Entry("Accounts", "/accounts", "a"),
        Entry("Relationships", "/relationships"),
        Entry("Statements", "/statements"),
        Entry("Unified settlements", "/unified-settlements", "u"),
    ),
    "Movements": (
        Entry("Repayments", "/repayments", "r"),
        Entry("Payments", "/payments"),
        Entry("Transfers", "/transfers", "t"),
        Entry("Charges", "/charges"),
        Entry("Refunds", "/refunds"),
        Entry("Disputes", "/disputes"),
        Entry("Reconciliation", "/differences"),
    ),
    "Work": (
        Entry("Work", "/work", "w"),
        Entry("Runs", "/runs"),
        Entry("Events", "/events", "e"),
        Entry("Scheduled instants", "/slots"),
        Entry("Parked accounts", "/parked-accounts"),
        Entry("Quarantine", "/quarantine"),
    ),
    "Programs": (
        Entry("Webhooks", "/webhooks"),
        Entry("Keys and senders", "/keys", permission="administer"),
    ),
    "Control": (
        Entry("Approvals", "/approvals"),
        Entry("Audit", "/audit"),
        Entry("Acts", "/acts"),
        Entry("Users", "/users", permission="administer"),
    ),
}

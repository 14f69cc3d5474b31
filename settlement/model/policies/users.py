"""People who use the console: roles, and what each may do. Rule: R14.1."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal, get_args

Role = Literal["viewer", "finance", "operator", "admin"]
ROLES: tuple[Role, ...] = get_args(Role)
# `read` everything, move `money`, `operate` runs and queues, `administer` users and keys.
Permission = Literal["read", "money", "operate", "administer"]
PERMISSIONS: dict[Role, frozenset[Permission]] = {
    "viewer": frozenset({"read"}),
    "finance": frozenset({"read", "money"}),
    "operator": frozenset({"read", "operate"}),
    "admin": frozenset({"read", "money", "operate", "administer"}),
}
# After so many wrong passwords in a row nobody signs in under that name for a while, right password or not.
MOST_FAILURES = 5
LOCKED_FOR = timedelta(minutes=15)
SESSION_LASTS = timedelta(hours=12)
LINK_LASTS = timedelta(hours=1)
SHORTEST_PASSWORD = 12


def may(role: Role, permission: Permission) -> bool:
    """May people of this role do what needs this permission."""
    return permission in PERMISSIONS[role]


def roles_that_may(permission: Permission) -> list[Role]:
    """Every role whose people may do what needs this permission."""
    return [role for role in ROLES if may(role, permission)]

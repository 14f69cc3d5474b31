"""Billing relationships between a main account and its members. Rule: R9.1."""

from __future__ import annotations

from dataclasses import dataclass

from settlement.model.commands.command import Command, Related


@dataclass(frozen=True, slots=True)
class RelationshipRequested(Command):
    """`head.account` wants to be the main account of `member`."""

    member: str

    def related(self) -> Related:
        """What it needs beside its own account."""
        return Related(accounts=[self.member], by_people=True)


@dataclass(frozen=True, slots=True)
class RelationshipAccepted(Command):
    """`head.account`, the member, agrees."""

    main: str

    def related(self) -> Related:
        """What it needs beside its own account."""
        return Related(accounts=[self.main], by_people=True)


@dataclass(frozen=True, slots=True)
class RelationshipEnded(Command):
    """Either side ends it; `other` is the side that the event does not come from."""

    other: str

    def related(self) -> Related:
        """What it needs beside its own account."""
        return Related(accounts=[self.other], by_people=True)

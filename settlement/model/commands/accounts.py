"""Accounts: opened, given new values."""

from __future__ import annotations

from dataclasses import dataclass

from settlement.model.commands.command import Command, Move


@dataclass(frozen=True, slots=True)
class AccountOpened(Command):
    """A new account."""

    MOVES = (Move("opening", "cash", into="brought_along"),)

    currency: str
    name: str
    credit_control: bool
    credit_limit_minor: int
    auto_write_off_enabled: bool
    write_off_past_bills: bool
    opening_cash_minor: int


@dataclass(frozen=True, slots=True)
class AccountChanged(Command):
    """New values of an account; None leaves a value as it is. Amounts are minor units of `currency`.

    `if_revision`: only if the account is still of this revision.
    """

    currency: str | None
    auto_write_off_enabled: bool | None
    write_off_past_bills: bool | None
    credit_control: bool | None
    credit_limit_minor: int | None
    frozen_minor: int | None
    low_credit_minor: int | None
    ends_credit_watch: bool
    hold: tuple[str, str] | None
    release: tuple[str, str] | None
    if_revision: str | None

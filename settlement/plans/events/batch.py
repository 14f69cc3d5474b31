"""What the handlers of one set of events share, and how each command finds its handler."""

from __future__ import annotations

from functools import singledispatch

from settlement.errors import Refused
from settlement.model.commands.command import Command, EventHead
from settlement.model.money import MAX_MINOR, money_text
from settlement.model.snapshot import Snapshot
from settlement.plans.charges.inflow import resume
from settlement.plans.draft.accounts import WorkingAccount
from settlement.plans.draft.draft import Draft


class Batch:
    """One pass over the commands of a set: the draft, and which fees, cards and coupons are known by now."""

    def __init__(self, snapshot: Snapshot, draft: Draft) -> None:
        self.draft = draft
        self.fees = dict(snapshot.known_fees)
        self.cards = set(snapshot.known_cards)
        self.coupons = set(snapshot.known_coupons)

    def account(self, name: str, currency: str | None = None) -> WorkingAccount:
        """The account of this name.

        Raises:
            Refused: `unknown_account`; `wrong_currency` where it is kept in another than the event names.
        """
        account = self.draft.accounts.named(name)
        if account is None:
            raise Refused("unknown_account", f"account {name!r} is not known")
        if currency is not None and currency != account.currency:
            raise Refused(
                "wrong_currency", f"account {name} is kept in {account.currency}, the event says {currency}"
            )
        return account

    def receiver(self, name: str, currency: str, amount_minor: int) -> WorkingAccount:
        """The account of this name, if its cash has room for so much more.

        Raises:
            Refused: as `account`, and `bad_amount`.
        """
        account = self.account(name, currency)
        if account.cash_minor + amount_minor > MAX_MINOR:
            raise Refused(
                "bad_amount", f"account {name} cannot hold {money_text(amount_minor, currency)} more"
            )
        return account

    def write_off(
        self, account: WorkingAccount, head: EventHead, *, initiator: str = "auto_write_off"
    ) -> None:
        """What follows every inflow and release. Rule: R4.1."""
        resume(self.draft, account, cause=head.cause, correlation_id=head.correlation_id, initiator=initiator)


@singledispatch
def handle(command: Command, batch: Batch) -> None:
    """Does what the command wants; handlers register by the class of their command.

    Each checks first and writes after, so that a refusal leaves no trace but its outcome.

    Raises:
        Refused: the command cannot be done.
    """
    raise NotImplementedError(f"{type(command).__name__} has no handler")

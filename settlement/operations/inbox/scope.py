"""What has to be loaded for a set of commands; read before the accounts are locked."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from settlement.model.commands.command import Command
from settlement.model.cycle import cycle_of
from settlement.model.policies.policy import Policy
from settlement.storage.load.scope import FeeScope, FundScope, PeopleScope, RefundScope, Scope
from settlement.storage.work import unified_settlements


def scope_of(tx: Connection, commands: Sequence[Command], policy: Policy) -> Scope:
    """Every account the commands name, and what each says that it needs beside its own."""
    needs = [(command.head.account, command.related()) for command in commands]
    names = {name for name, _ in needs}
    for _, related in needs:
        names.update(related.accounts)
    people = None
    if any(related.by_people for _, related in needs):
        listed = unified_settlements.named(
            tx, [(name, settlement) for name, related in needs for settlement in related.settlements]
        )
        named = frozenset(names)
        names.update(unified_settlements.names_listed(tx, listed))
        payments = [(name, payment) for name, related in needs for payment in related.payments]
        people = PeopleScope(settlements=listed, payments=payments, named=named)
    fees = [(name, key, at) for name, related in needs for key, at in related.fees]
    cycles = [cycle_of(at, policy.zone) for _, _, at in fees]
    cycles += [cycle for _, related in needs for cycle in related.cycles]
    return Scope(
        names=sorted(names),
        from_cycle=min(cycles, default=None),
        fees=FeeScope(keys=[(name, key) for name, key, _ in fees]),
        funds=FundScope(
            cards=[(name, card) for name, related in needs for card in related.cards],
            coupons=[(name, coupon) for name, related in needs for coupon in related.coupons],
            lines_for={name for name, related in needs if related.cards},
        ),
        people=people,
        refunds=RefundScope(refundable={name for name, related in needs if related.to_method}),
    )

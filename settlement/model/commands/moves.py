"""What events move besides what their funds are granted from: gathered from the commands. Rule: R10.3, R11.2d."""

from __future__ import annotations

from itertools import chain

from settlement.model.commands import (
    accounts,
    fees,
    funds,
    methods,
    money,
    payments,
    relationships,
    terms,
    unified_settlements,
)
from settlement.model.commands.command import Command, Move

# In the order in which statements list them.
MOVES: tuple[Move, ...] = tuple(
    dict.fromkeys(
        chain.from_iterable(
            kind.MOVES
            for module in (
                accounts,
                money,
                fees,
                funds,
                terms,
                methods,
                relationships,
                payments,
                unified_settlements,
            )
            for kind in vars(module).values()
            if isinstance(kind, type) and issubclass(kind, Command)
        )
    )
)

"""Faults on purpose: scripted one by one, or a share of all calls, drawn from a seed."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Literal, get_args

FaultKind = Literal[
    "lost_before", "lost_after", "rate_limited", "error_before", "error_after", "in_progress", "slow", "timeout",
]  # fmt: skip
KINDS: tuple[FaultKind, ...] = get_args(FaultKind)
# A call that only asks is not executed twice or half, so fewer things can go wrong with it.
READ_KINDS: frozenset[FaultKind] = frozenset(
    ("lost_before", "rate_limited", "error_before", "slow", "timeout")
)
MEANING = {
    "lost_before": "the connection breaks before anything is done",
    "lost_after": "the call is executed, and the connection breaks before the response",
    "rate_limited": "429, nothing is done",
    "error_before": "500, nothing is done; the response is saved under its key",
    "error_after": "the call is executed and answered with 500, which is saved under its key",
    "in_progress": "409, as if the same key were in use; nothing is done",
    "slow": "the call is executed and answered late",
    "timeout": "the call is executed; the response comes later than anybody waits",
}


@dataclass
class Faults:
    """What goes wrong next. `queue` is used up first, then `rate` of all calls that move money.

    With `reads` it is the same share of the calls that only ask, too, as far as a kind makes sense there.
    """

    rate: float = 0.0
    kinds: tuple[FaultKind, ...] = KINDS
    queue: list[FaultKind] = field(default_factory=list)
    slow_s: float = 0.05
    timeout_s: float = 30.0
    reads: bool = False
    made: dict[str, int] = field(default_factory=dict)

    def delay_s(self, kind: FaultKind | None) -> float:
        """How long the response of a call is kept back."""
        return {"slow": self.slow_s, "timeout": self.timeout_s}.get(kind or "", 0.0)

    def draw_for_read(self, chance: random.Random) -> FaultKind | None:
        """The fault of the next call that only asks, if any. The script of `queue` is for calls that move money."""
        if not self.reads or chance.random() >= self.rate:
            return None
        kind = chance.choice([kind for kind in self.kinds if kind in READ_KINDS] or [None])
        if kind is not None:
            self.made[f"read_{kind}"] = self.made.get(f"read_{kind}", 0) + 1
        return kind

    def draw(self, chance: random.Random) -> FaultKind | None:
        """The fault of the next call that moves money, if any."""
        kind: FaultKind | None = None
        if self.queue:
            kind = self.queue.pop(0)
        elif self.rate and chance.random() < self.rate:
            kind = chance.choice(self.kinds)
        if kind is not None:
            self.made[kind] = self.made.get(kind, 0) + 1
        return kind

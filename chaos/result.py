"""How large a run is, and what it came to."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from chaos.proof.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Size:
    """How much is sent, for how long, and what goes wrong meanwhile."""

    seed: int
    events: int
    faults: int
    seconds: float
    months: int = 1
    control: bool = False
    # Two workers in place of four.
    small: bool = False
    # Share of the gateway's calls that go wrong.
    gateway_fault_rate: float = 0.1


@dataclass
class Result:
    """What a run came to."""

    size: Size
    faults: Counter[str]
    verdict: Verdict
    recovery: dict[str, list[float]]
    never_recovered: list[str]
    ended_by_themselves: Counter[str]
    slow_ends: list[tuple[str, float]]
    gateway_faults: dict[str, int]
    left_moving: dict[str, int]
    storm_s: float
    quiet_s: float

    @property
    def is_good(self) -> bool:
        """Nothing was lost or doubled, and everything else holds."""
        return self.verdict.is_good

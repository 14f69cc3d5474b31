"""What was found: how many events came and became of what, and everything that contradicts what must hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

EXAMPLES = 5


@dataclass
class Verdict:
    """What was found. `faults` by what must hold; everything is well when there is none."""

    events: Counter[str] = field(default_factory=Counter)
    copies: Counter[str] = field(default_factory=Counter)
    lost: Counter[str] = field(default_factory=Counter)
    doubled: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    faults: dict[str, list[str]] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)

    @property
    def is_good(self) -> bool:
        """Nothing promised was lost, nothing doubled, and everything that must hold does."""
        return not self.faults

    def fault(self, sentence: str, found: Iterable[object]) -> None:
        """Notes what contradicts a sentence, if anything does."""
        shown = [str(one) for one in found]
        if shown:
            self.faults.setdefault(sentence, []).extend(shown)

    def as_json(self) -> dict[str, Any]:
        """For a report: the faults with their number and some examples."""
        return {
            "events": dict(self.events), "copies": dict(self.copies), "lost": dict(self.lost),
            "doubled": self.doubled, "refused": dict(self.refused), "counts": self.counts,
            "faults": {
                name: {"found": len(found), "examples": found[:EXAMPLES]} for name, found in self.faults.items()
            },
        }  # fmt: skip

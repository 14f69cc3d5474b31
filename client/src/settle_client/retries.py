"""When a request is sent again: the same request, under the same key, a bounded number of times."""

from __future__ import annotations

import random
from dataclasses import dataclass

# Nothing of such a request was done, or it does nothing twice.
AGAIN = frozenset((408, 429, 502, 503, 504))


@dataclass(frozen=True, slots=True)
class Retries:
    """How often, and after how many seconds.

    `tries` counts the first one. The second comes after about `first_s`, each further one after twice as long,
    `longest_s` at most; each time is between half of that and all of it, by chance, lest all that were cut off come
    back at once. A `Retry-After` that is longer is kept to; one beyond `longest_s` ends it, since whoever waits so long
    should decide that.
    """

    tries: int = 5
    first_s: float = 0.25
    longest_s: float = 20.0

    def __post_init__(self) -> None:
        if self.tries < 1 or self.first_s < 0 or self.longest_s < 0:
            raise ValueError("tries is 1 or more, first_s and longest_s are 0 or more")

    def pause_s(self, tried: int, wanted_s: float | None, *, chance: float | None = None) -> float | None:
        """How long to wait after so many tries, where the server wants `wanted_s`; None: it was the last.

        `chance` is between 0 and 1, by default drawn.
        """
        if tried >= self.tries or (wanted_s or 0.0) > self.longest_s:
            return None
        drawn = random.random() if chance is None else chance  # noqa: S311 - spreads load, guards nothing
        own = min(self.first_s * 2.0 ** (tried - 1), self.longest_s) * (0.5 + drawn / 2)
        return max(own, wanted_s or 0.0)

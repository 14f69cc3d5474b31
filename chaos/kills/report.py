"""The report of a run of kills: both sides, one under the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib.metadata import version

from chaos.kills.run import Outcome

_WORDS = {"ours": "this system's client", "celery": f"plain Celery {version('celery')}"}


def as_text(outcomes: Sequence[Outcome]) -> str:
    """A table, and a sentence when our side lost something."""
    return "\n".join(_lines(outcomes)) + "\n"


def _lines(outcomes: Sequence[Outcome]) -> Iterator[str]:
    yield f"{'messages by name alone':<24}{'sent':>9}{'kill -9':>9}{'lost':>6}{'doubled':>9}{'lost per kill':>15}"
    for one in outcomes:
        share = one.as_json()["lost_per_kill"]
        yield f"{_WORDS[one.client]:<24}{one.messages:>9,}{one.kills:>9,}{one.lost:>6,}{one.doubled:>9,}{share:>15.2f}"
    if any(one.client == "ours" and one.lost for one in outcomes):
        yield "found wanting"

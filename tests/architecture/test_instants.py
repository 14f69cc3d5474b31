"""An instant is written by `settlement.model.instants` and nowhere else, so that it has one notation."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# What others prescribe: a gateway's protocol, the files of providers.
OTHERS = ("settlement/gateways", "settlement/focus", "settlement/model/instants.py")
FORMATS = re.compile(r"strftime|%H:%M|HH24|timespec=|(_at|at|since|until|start|end|instant)\.isoformat\(")
# Identities of rows, which keep the text that they were made of.
KEPT = {"settlement/model/exports.py": 1, "settlement/queries/ledger.py": 1}


def formatted(text: str) -> list[str]:
    return [match[0] for match in FORMATS.finditer(text)]


def test_what_writes_an_instant_is_one_function() -> None:
    found = {}
    for room in ("settlement", "interfaces", "worker", "tasks"):
        for path in (ROOT / room).rglob("*.py"):
            name = str(path.relative_to(ROOT))
            if not name.startswith(OTHERS) and (here := formatted(path.read_text())):
                found[name] = len(here)
    assert found == KEPT


@pytest.mark.parametrize("planted", ['f"{at:%H:%M}"', "row.paid_at.isoformat()", 'at.strftime("%d.%m.%Y")'])
def test_another_notation_is_found(planted: str) -> None:
    assert formatted(planted)

"""What holds an account is told under the name that people gave it. Rule: R4.8."""

from __future__ import annotations

from datetime import UTC
from types import SimpleNamespace
from typing import Any

import pytest

from settlement.model.skip import SkipReason
from settlement.plans.explain.gate import Shut, by_gate
from settlement.rules.credit import AvailableCredit


@pytest.mark.parametrize(
    ("hold", "sentence"),
    [
        (("unified_settlement", "516"), "unified settlement october holds the account: "),
        (("manual_payment", "505"), "manual payment rent of the account is in progress; "),
        (("audit", "a-1"), "automatic write-off is on hold: audit (a-1)"),
    ],
)
def test_a_hold_is_told_by_the_name_that_people_gave(hold: tuple[str, str], sentence: str) -> None:
    names = {("unified_settlement", "516"): "october", ("manual_payment", "505"): "rent"}
    account: Any = SimpleNamespace(holds={hold})
    shut = Shut([SkipReason.ON_HOLD], AvailableCredit(0, 0, 0))
    [reason] = by_gate(shut, account, None, names, zone=UTC)
    assert reason.sentence.startswith(sentence)
    assert "516" not in reason.sentence
    assert "505" not in reason.sentence

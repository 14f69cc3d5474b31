"""How things stand when two acts race: a member with bills, its main account, and another member."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from tests.oracle import months
from tests.oracle.events import VISA, Telling

MEMBER = "m"
SEP, OCT, NOV = 202609, 202610, 202611
ChargeOf = Literal[
    "none", "manual, waiting", "manual, over", "manual, lost", "manual, silent", "auto, waiting", "auto, lost",
    "auto, taken"
]  # fmt: skip
Listed = Literal["others only", "draft", "running"]


@dataclass(frozen=True)
class Stage:
    """What an act needs to have something to do. None: whatever there is."""

    charge: ChargeOf | None = None
    listed: Listed | None = None

    def over(self, other: Stage) -> Stage:
        """What both need; where they differ, what this one needs."""
        return Stage(self.charge or other.charge or "none", self.listed or other.listed or "draft")


def set_up(told: Telling, stage: Stage) -> None:
    """Bills of September and October are owed, November is over, and nobody has done anything about it yet.

    A payment of the bill of September by card, or a charge by itself of both, is under way, as the stage says; the
    settlement u1 has the bills of October on its list, that of the member too or only that of the other one.
    """
    by_itself = (stage.charge or "none").startswith("auto")
    plain = {"currency": "USD", "credit_limit": "0", "opening_cash": "0", "auto_write_off": True}
    told.say(
        ("account_opened", "boss", plain | {"credit_control": True, "opening_cash": "30.00"}),
        ("account_opened", MEMBER, plain | {"credit_control": not by_itself}),
        ("account_opened", "x", plain | {"credit_control": False}),
        ("payment_method_added", MEMBER, VISA | {"method_token": f"ok-{MEMBER}"}),
        *(("relationship_requested", "boss", {"member": name}) for name in (MEMBER, "x")),
        *(("relationship_accepted", name, {"main": "boss"}) for name in (MEMBER, "x")),
        ("account_changed", MEMBER, {"hold": {"reason": "manual"}}),
        told.fee(MEMBER, "40"),
    )
    told.close(SEP)
    told.say(told.fee(MEMBER, "50"), told.fee("x", "50"))
    told.close(OCT)
    members = ["x"] if stage.listed == "others only" else [MEMBER, "x"]
    told.say(
        told.fee(MEMBER, "80"),
        ("account_changed", MEMBER, {"release": {"reason": "manual"}}),
        (
            "unified_settlement_created",
            "boss",
            {"settlement": "u1", "accounts": members, "cycles": ["2026-10"]},
        ),
        ("transfer", MEMBER, {"amount": "10.00", "currency": "USD", "from_account": "boss"}),
    )
    # Longer ago than a payment may take, or not; and not so long that the gateway has forgotten it.
    ago = timedelta(minutes=20 if stage.charge == "manual, waiting" else 45)
    told.goes_on(months.issued_at(NOV) - ago)
    _charge(told, stage.charge or "none")
    if stage.listed == "running":
        told.say(
            ("unified_settlement_run", "boss", {"settlement": "u1"}),
            ("top_up", "boss", {"amount": "25.00", "currency": "USD"}),
        )
    told.goes_on(months.issued_at(NOV))
    told.compare()


def _charge(told: Telling, charge: ChargeOf) -> None:
    if charge.startswith("manual"):
        asked = {"payment": "p1", "cycle": "2026-09", "currency": "USD", "amount": "35.00", "channel": "visa"}
        told.say(("bill_payment_requested", MEMBER, asked))
    match charge.partition(", ")[2]:
        case "lost":
            told.charge("loses")
        case "silent":
            told.charge("silent")
        case "taken":
            told.charge("takes")
        case _:
            pass

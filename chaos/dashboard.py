"""What people do at the gateways meanwhile: they give charges back there, dispute them, win and lose."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.error import HTTPError

from sandbox.local.stand_in import GatewayStandIn

# What is done to a charge itself; every other word is what becomes of the refund or dispute that it made.
BEGINS: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "refund": ("refund", {}), "refund part": ("refund", {"share": 3}), "dispute": ("dispute", {}),
    "dispute part": ("dispute", {"share": 2}), "inquiry": ("dispute", {"inquiry": True}),
}  # fmt: skip
# Charge by charge in turn, so that a short run has each. One of them leaves a dispute open for good.
STORIES: Sequence[Sequence[str]] = (
    ("refund part",), (), ("dispute", "lose"), ("refund",), ("dispute", "win"), (), ("refund part", "fail"),
    ("dispute", "review", "lose", "win"), ("inquiry", "escalate", "lose"), (), ("dispute part",),
    ("refund part", "refund part"), ("dispute part", "cancel"), (),
)  # fmt: skip
# Of the refunds that were requested by us, one in so many comes back from the bank.
COMES_BACK = 4


@dataclass
class _Story:
    """What is still to be done about a charge, or about what was last made of it."""

    charge: Mapping[str, Any]
    left: list[str]
    made: str = ""


@dataclass
class Dashboard:
    """Follows what the gateways have charged and given back; every call of `act` is the next thing of each story."""

    gateway: GatewayStandIn
    _stories: list[_Story] = field(default_factory=list)
    _seen: dict[str, int] = field(default_factory=lambda: {"charges": 0, "refunds": 0})

    def act(self) -> bool:
        """True while there is more to come."""
        ledger = self.gateway.read("ledger")
        for number, charge in self._new("charges", ledger["charges"]):
            self._stories.append(_Story(charge, [*STORIES[number % len(STORIES)]]))
        ours = [refund for refund in ledger["refunds"] if refund["reference"]]
        for number, refund in self._new("refunds", ours):
            if number % COMES_BACK == 1:
                self._stories.append(_Story({}, ["fail"], f"refunds/{refund['id']}"))
        self._stories = [story for story in self._stories if self._goes_on(story)]
        return bool(self._stories)

    def finish(self) -> None:
        """Everything that is still to come."""
        while self.act():
            pass

    def _new(self, kind: str, lines: Sequence[dict[str, Any]]) -> list[tuple[int, dict[str, Any]]]:
        seen, self._seen[kind] = self._seen[kind], len(lines)
        return [*enumerate(lines)][seen:]

    def _goes_on(self, story: _Story) -> bool:
        if not story.left:
            return False
        word = story.left.pop(0)
        try:
            if word in BEGINS:
                act, more = BEGINS[word]
                given = {name: value for name, value in more.items() if name != "share"}
                if "share" in more:
                    given["amount"] = story.charge["amount_minor"] // more["share"]
                made = self.gateway.control(f"charges/{story.charge['id']}/{act}", **given)
                story.made = f"{act}s/{made.get('id') or made['dispute_id']}"
            else:
                self.gateway.control(f"{story.made}/{word}")
        except HTTPError as error:
            # What went back already, and what is disputed, is not given back there again: refused as at the provider's.
            if error.code >= 500:
                raise
            return False
        return bool(story.left)

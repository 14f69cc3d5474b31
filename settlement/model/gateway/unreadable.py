"""What a gateway lists and we cannot read: somebody else's in the same books, as a rule. Rule: R5.7e."""

from __future__ import annotations

from typing import Literal, NamedTuple


class Unreadable(NamedTuple):
    """An object of a gateway's list whose amount or currency means nothing to us, as one in a currency that is gone.

    `reference` is ours of it, `charge_ref` and `charge_reference` name the charge as those of a `Reversal` do; of a
    charge they are its own. `currency` is the gateway's word, `why` a sentence.
    """

    kind: Literal["charge", "refund", "dispute"]
    gateway: str
    gateway_ref: str
    reference: str | None
    charge_ref: str
    charge_reference: str | None
    currency: str
    why: str

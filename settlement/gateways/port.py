"""What the system needs of a payment gateway. One implementation per provider. Rule: R5.5.

Every method may block for the time limit it was built with, and is called outside any transaction.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Protocol

from settlement.model.gateway.charges import ChargeOutcome, GatewayCharge, GatewayRequest, Notification
from settlement.model.gateway.refund_calls import RefundOutcome, RefundRequest
from settlement.model.gateway.reversals import Reversal, ReversalsOutcome
from settlement.model.gateway.unreadable import Unreadable


class Gateway(Protocol):
    """A payment provider.

    `key_lives_for`: how long a repeat with the same reference is surely recognised, with a margin.
    `search_lags_by`: how long after a charge a search may still miss it.
    `holds_lapse_after`: how long after it was requested a hold is surely gone by itself, with a margin.
    `keeps_books`: can `charges_between` list what it took, so that there is something to compare with.
    """

    name: str
    key_lives_for: timedelta
    search_lags_by: timedelta
    holds_lapse_after: timedelta
    keeps_books: bool

    def charge(self, request: GatewayRequest) -> ChargeOutcome:
        """Takes the amount, off-session, with the reference as idempotency key. The same request again within
        `key_lives_for` never charges twice and tells what became of the first.

        Raises:
            Misconfigured: key, permission or account are wrong; nothing was charged by this call.
        """

    def authorize(self, request: GatewayRequest) -> ChargeOutcome:
        """Holds the amount without taking it: `Authorized`, or why not. Same idempotency as `charge`."""

    def find(self, request: GatewayRequest) -> ChargeOutcome:
        """What became of a charge or authorization, asked by our reference. Never charges; may be `NotFound`."""

    def read(self, gateway_ref: str, reference: str) -> ChargeOutcome:
        """Reads one charge or authorization again by the gateway's own id. Takes and changes nothing. `NotFound` where
        the object does not carry our reference: whoever named it to us may have named somebody else's.
        """

    def capture_confirmed(self, gateway_ref: str, reference: str) -> ChargeOutcome:
        """Takes a charge whose payer has confirmed it meanwhile, where the gateway leaves that to us; else as `read`.

        Only of a charge that is still waited for: one that was given up is not to be taken. The same again never takes
        twice, and nothing is taken that does not carry our reference.

        Raises:
            Misconfigured: as `charge`.
        """

    def void(self, request: GatewayRequest, gateway_ref: str) -> bool:
        """Lets go of an authorization. True when it is gone, also when it was before; False: try again later."""

    def refund(self, request: RefundRequest) -> RefundOutcome:
        """Gives back a part or all of a charge, with the reference as idempotency key. The same request again within
        `key_lives_for` never gives back twice and tells what became of the first. Never `NotFound`.

        Raises:
            Misconfigured: key, permission or account are wrong; nothing was given back by this call.
        """

    def find_refund(self, request: RefundRequest) -> RefundOutcome:
        """What became of a refund, asked by our reference. Never gives anything back; may be `NotFound`, which is
        final where it was sent more than `search_lags_by` ago and its call has ended.

        Raises:
            Misconfigured: as `refund`.
        """

    def read_refund(self, gateway_ref: str) -> RefundOutcome:
        """Reads one refund again by the gateway's own id of it. One that was given back can turn out as failed.

        Raises:
            Misconfigured: as `refund`.
        """

    def charges_between(self, since: datetime, until: datetime) -> Iterator[GatewayCharge | Unreadable]:
        """Every charge that succeeded in [since, until), oldest first or not; what cannot be read, as such."""

    def reversals_between(self, since: datetime, until: datetime) -> Iterator[Reversal | Unreadable]:
        """Every refund and dispute that was made in [since, until), or changed as far as the gateway lists changes,
        each once and as it is now; in any order. Those that are not final are to be read again by `reversals_of`. What
        cannot be read comes as such.

        Raises:
            Misconfigured: as `refund`.
            Exception: the gateway cannot be reached now.
        """

    def reversals_of(self, charge_ref: str) -> ReversalsOutcome:
        """Every refund and dispute of one charge, by the gateway's own id of it. None for a charge it does not know.

        Raises:
            Misconfigured: as `refund`.
        """

    def notification(self, headers: Mapping[str, str], body: bytes, *, at: datetime) -> Notification:
        """Verifies a webhook's signature and reads what it is about. `headers` are lower-case.

        Raises:
            Refused: `bad_signature`, `stale_signature` or `bad_shape`; nothing of it may be believed.
        """

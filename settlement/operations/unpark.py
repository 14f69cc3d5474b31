"""Ends the parking of an account, once somebody has looked at why its figures did not add up. Rule: R11.4."""

from __future__ import annotations

from settlement.errors import Refused
from settlement.events.envelope import arrival_of
from settlement.storage import inbox, parking, views
from settlement.storage.store import Store

SOURCE = "operator"
_DOOR = "unpark"


def unpark(store: Store, name: str) -> int:
    """Lets an account take part again. Returns how many of its events wait again.

    An event without new values goes with it: it leaves a trace in the inbox, and it asks for the write-off of what
    became payable meanwhile. If the figures still do not add up, the account is parked again at the next attempt.

    Raises:
        NotFound: there is no such account.
        Refused: `not_parked`.
    """
    with store.transaction() as tx:
        account = views.account(tx, name)
        if account.parked_at is None or not parking.release(tx, name):
            raise Refused("not_parked", f"account {name} is not parked")
        events = parking.wait_again(tx, name)
        event_id = f"unpark:{account.id}:{account.parked_at.isoformat()}"
        message = {
            "source": SOURCE,
            "event_id": event_id,
            "type": "account_changed",
            "account": name,
            "data": {},
        }
        inbox.receive(tx, [arrival_of(message, door=_DOOR)], door=_DOOR)
        return events

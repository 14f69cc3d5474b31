"""`settle trigger`: ready-made events with the accounts they need, to see what follows from them."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from interfaces.cli.render.output import JsonOption, print_json, print_rows
from interfaces.cli.session import opened
from interfaces.fields.field import as_objects
from interfaces.fields.inbox import EVENTS
from interfaces.fields.values import instant

if TYPE_CHECKING:
    from interfaces.cli.commands.events.delivery import Item
    from settlement.queries.inbox import InboxView

SOURCE = "trigger"
_USD = {"currency": "USD"}
# Type, account and data of each event, in order.
Event = tuple[str, str, dict[str, Any]]


def _opened(account: str, **more: Any) -> Event:
    return "account_opened", account, _USD | more


def _fees(account: str, at: datetime) -> list[Event]:
    fee = {"id": f"{account}-1", "amount": "30.00", "product": "compute", "incurred_at": instant(at)}
    return [_opened(account), ("fees", account, {"fees": [_USD | fee]})]


def _transfer(account: str, _: datetime) -> list[Event]:
    main = f"{account}-main"
    return [
        _opened(main, opening_cash="100.00"),
        _opened(account),
        ("relationship_requested", main, {"member": account}),
        ("relationship_accepted", account, {"main": main}),
        ("transfer", account, _USD | {"amount": "40.00", "from_account": main}),
    ]


def _card(account: str, at: datetime) -> list[Event]:
    validity = {"valid_from": instant(at), "valid_until": instant(at + timedelta(days=365))}
    card = _USD | {"card": f"{account}-card", "amount": "50.00"} | validity
    return [_opened(account), ("card_activated", account, card)]


STORIES: Mapping[str, Callable[[str, datetime], list[Event]]] = {
    "top_up": lambda account, _: [_opened(account), ("top_up", account, _USD | {"amount": "100.00"})],
    "fees": _fees,
    "card_activated": _card,
    "transfer": _transfer,
    "refused": lambda account, _: [("top_up", account, _USD | {"amount": "100.00"})],
}  # fmt: skip


def trigger(
    story: Annotated[str, typer.Argument(metavar="STORY", help=f"One of {', '.join(STORIES)}.")],
    account: Annotated[str | None, typer.Option(help="The account to open; default: a new name.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Sends ready-made events, to try things out. The accounts they need are opened. Never in production."""
    from interfaces.cli.commands.events.delivery import Delivery, Item, Stay
    from interfaces.cli.commands.events.senders import Via, sender
    from settlement.events.envelope import arrival_of
    from settlement.queries import inbox

    if story not in STORIES:
        raise typer.BadParameter(f"{story!r} is none of {', '.join(STORIES)}")
    with opened() as runtime:
        channel = sender(Via.SQL, runtime)

        def refused(_: Item, row: InboxView) -> None:
            """It is shown with the others."""

        delivery = Delivery(runtime, channel, Stay.HANDLED_HERE, timeout_s=60, on_refused=refused)
        name = account or f"try-{uuid.uuid4().hex[:8]}"
        messages = [
            {"source": SOURCE, "event_id": str(uuid.uuid4()), "type": kind, "account": about, "data": data}
            for kind, about, data in STORIES[story](name, runtime.as_of())
        ]
        arrivals = [arrival_of(message, ingress=channel.ingress) for message in messages]
        delivery.bring([Item(at, *pair) for at, pair in enumerate(zip(messages, arrivals, strict=True), 1)])
        delivery.finish()
        with runtime.store.transaction() as tx:
            rows = list(inbox.outcomes(tx, arrivals).values())
        zone = runtime.policy.zone
    if as_json:
        print_json({"account": name, "events": as_objects(EVENTS, rows)})
        return
    print_rows(EVENTS, rows, zone)

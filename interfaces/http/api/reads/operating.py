"""Everything that is listed about the work itself: events, runs, audits, settings; senders and what they plug in by."""

from __future__ import annotations

from datetime import datetime
from functools import wraps
from typing import Any

from sqlalchemy import Connection

from interfaces.fields.accounts import PARKED
from interfaces.fields.inbox import EVENTS
from interfaces.fields.operations.audits import AUDITS
from interfaces.fields.operations.quarantine import MESSAGES
from interfaces.fields.operations.settings import HISTORY, SETTINGS, SettingView, views
from interfaces.fields.runs import RUNS, SLOTS
from interfaces.fields.senders import KEYS, SENDERS
from interfaces.fields.webhooks import DELIVERIES, ENDPOINTS
from interfaces.http.api.reads.filters import ACCOUNT, any_state, flag, moment, named, one_state
from interfaces.http.api.reads.listing import Listing, Place, fixed
from settlement.model.instants import instant_text
from settlement.model.policies.versions import FIRST, deciding
from settlement.queries import accounts, audits, inbox, quarantine, runs
from settlement.queries.inbox import InboxState
from settlement.queries.operating import settings
from settlement.queries.programs import senders, webhooks
from settlement.queries.programs.webhooks import DeliveryView
from settlement.queries.quarantine import QuarantineState


@wraps(webhooks.deliveries)
def _deliveries(tx: Connection, *, endpoint: str, **given: Any) -> list[DeliveryView]:
    """Of an endpoint by its name in a path."""
    return webhooks.deliveries(tx, endpoint, **given)


def _settings(
    tx: Connection, *, limit: int, after: str | None, now: datetime, at: datetime | None = None
) -> list[SettingView]:
    """What holds at an instant (UTC), by name; what holds from the beginning has held at any."""
    known = settings.versions(tx)
    found = sorted(views(deciding(known, max(at or now, FIRST)), known), key=lambda row: row.name)
    return [row for row in found if after is None or row.name > after][:limit]


class SettingChange(SettingView):
    """A value as it was set, whatever was set after it."""

    __slots__ = ()


def _settings_history(
    tx: Connection, *, limit: int, after: tuple[str, int, str] | None
) -> list[SettingChange]:
    """Every value that was set, in the order in which they come to hold, then by name."""
    rows = (
        SettingChange(name, version, None)
        for version in settings.versions(tx)
        for name in sorted(version.changes)
    )
    return [row for row in rows if after is None or _place_of(row) > after][:limit]


def _place_of(row: SettingView) -> tuple[str, int, str]:
    return instant_text(row.version.holds_from), row.version.id, row.name


_BY_ID: Place[Any] = Place(lambda row: row.id, int)
_BY_NAMED_ID: Place[Any] = Place(lambda row: row.id, str)

OPERATING: tuple[Listing[Any], ...] = (
    Listing("list_events", "/events", "events", "Events, the newest first.",
            fixed(EVENTS), inbox.rows, _BY_ID,
            [ACCOUNT, any_state(InboxState), named("code", "Only those set aside for this reason."),
             flag("dismissed", "Only those that were dismissed, or only those that were not.")]),
    Listing("list_runs", "/runs", "runs", "Runs, the newest first.", fixed(RUNS), runs.newest, _BY_ID),
    Listing("list_slots", "/slots", "slots", "Instants of the calendar, the newest first, with what became of each.",
            fixed(SLOTS), runs.slots, Place(lambda row: (instant_text(row.logical_at), row.job), str, str),
            [flag("owed", "Only those that are not done yet.", "open_only")]),
    Listing("list_audits", "/audits", "audits", "Daily audits that came to their end, the newest first.",
            fixed(AUDITS), audits.rows, Place(lambda row: row.day.isoformat(), str)),
    Listing("list_parked", "/parked-accounts", "accounts", "Accounts whose figures did not add up.",
            fixed(PARKED), accounts.parked, Place(lambda row: row.name, str)),
    Listing("list_quarantine", "/quarantine", "messages", "Messages that no task could take, the newest first.",
            fixed(MESSAGES), quarantine.rows, _BY_ID, [one_state(QuarantineState)]),
    Listing("list_settings", "/settings", "settings",
            "Settings that move money: what holds, since when, who set it, what holds next.",
            fixed(SETTINGS), _settings, Place(lambda row: row.name, str),
            [moment("at", "As they hold at this instant; default: now.")], lambda facts: {"now": facts.as_of()}),
    Listing("list_settings_history", "/settings/history", "settings",
            "Every value of a setting that moves money, in the order in which they come to hold.",
            fixed(HISTORY), _settings_history, Place(_place_of, str, int, str)),
    Listing("list_senders", "/senders", "senders", "Senders that are known, by source.",
            fixed(SENDERS), senders.senders, Place(lambda row: row.source, str), scope="operate"),
    Listing("list_keys", "/keys", "keys", "Keys by their public part, without what opens anything.",
            fixed(KEYS), senders.keys, _BY_NAMED_ID, [named("source", "Only of this sender.")], scope="operate"),
    Listing("list_endpoints", "/webhooks", "endpoints", "Endpoints of webhooks by name, without their secrets.",
            fixed(ENDPOINTS), webhooks.endpoints, _BY_NAMED_ID, scope="operate"),
    Listing("list_deliveries", "/webhooks/{endpoint}/deliveries", "deliveries",
            "Messages to an endpoint, the newest first, with the last response to each.",
            fixed(DELIVERIES), _deliveries, Place(lambda row: row.outbox_id, int),
            [flag("waiting", "Only those that were not taken yet.")], scope="operate"),
)  # fmt: skip

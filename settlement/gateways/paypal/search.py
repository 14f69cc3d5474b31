"""PayPal's transaction search: what came in, was held or was given back, by time. It lags by up to three hours."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from paypalserversdk.paypal_serversdk_client import PaypalServersdkClient

from settlement.model.gateway.charges import our_reference
from settlement.model.gateway.unreadable import Unreadable

Entry = Mapping[str, Any]
EntryKind = Literal["payment", "authorization", "refund", "other"]
# By the group of the event code: money from account to account, a hold or a renewed one, money that went back.
_KINDS: Mapping[str, EntryKind] = {"T00": "payment", "T11": "refund"}
_AUTHORIZED = frozenset(("T1300", "T1301"))
# A refund that the merchant made; and what PayPal or a bank took back, after a dispute as a rule.
_REFUND, _REVERSED = frozenset(("T1107",)), frozenset(("T1106", "T1201"))
# The search reaches over at most 31 days at once.
_WINDOW = timedelta(days=30)
_PAGE = 500


def kind_of(entry: Entry) -> EntryKind:
    """What a transaction is."""
    code = str(entry.get("transaction_event_code", ""))
    return "authorization" if code in _AUTHORIZED else _KINDS.get(code[:3], "other")


def is_refund(entry: Entry) -> bool:
    """Is it money that the merchant gave back."""
    return entry.get("transaction_event_code") in _REFUND


def is_reversed(entry: Entry) -> bool:
    """Is it money that PayPal or a bank took back."""
    return entry.get("transaction_event_code") in _REVERSED


def is_named(entry: Entry, reference: str) -> bool:
    """Does it carry our reference."""
    return reference in (entry.get("custom_field"), entry.get("invoice_id"))


def our_reference_in(entry: Entry) -> str | None:
    """Our reference that it carries, if any."""
    return our_reference(entry.get("custom_field")) or our_reference(entry.get("invoice_id"))


def unreadable_entry(entry: Entry, why: str) -> Unreadable:
    """A payment or a refund of which only this can be said, and why."""
    its_id, reference = str(entry.get("transaction_id")), our_reference_in(entry)
    currency = str((entry.get("transaction_amount") or {}).get("currency_code", ""))
    if kind_of(entry) == "payment":
        ref = f"capture:{its_id}"
        return Unreadable("charge", "paypal", ref, reference, ref, reference, currency, why)
    of_charge = f"capture:{entry.get('paypal_reference_id')}"
    return Unreadable("refund", "paypal", f"refund:{its_id}", reference, of_charge, None, currency, why)


def initiated_at(entry: Entry) -> datetime:
    """When it began (UTC)."""
    return datetime.fromisoformat(entry["transaction_initiation_date"]).astimezone(UTC)


def transactions(client: PaypalServersdkClient, since: datetime, until: datetime) -> Iterator[Entry]:
    """Every transaction that was initiated in [since, until).

    Raises:
        ApiException: PayPal cannot be reached now.
    """
    start = since
    while start < until:
        end, page, pages = min(start + _WINDOW, until), 1, 1
        while page <= pages:
            response = client.transaction_search.search_transactions(
                {
                    "start_date": _stamp(start), "end_date": _stamp(end), "fields": "transaction_info",
                    "page_size": _PAGE, "page": page,
                }
            )  # fmt: skip
            found = json.loads(response.text or "{}")
            pages, page = int(found.get("total_pages") or 1), page + 1
            for entry in found.get("transaction_details") or ():
                yield entry["transaction_info"]
        start = end


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

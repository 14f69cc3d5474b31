"""What operations send: audits, settings.

Written by `make docs` from the OpenAPI document: changes to this file are lost.
"""

from __future__ import annotations

import datetime as dt

from settle_client.requests import Request, request


def get_audit(day: str) -> Request:
    """The audit of a day: violations by check."""
    return request("GET", "/audits/{day}", names={"day": day})


def list_audits(limit: int | None, after: str | None) -> Request:
    """Daily audits that came to their end, the newest first."""
    return request("GET", "/audits", query={"limit": limit, "after": after})


def list_settings(limit: int | None, after: str | None, at: dt.datetime | str | None) -> Request:
    """Settings that move money: what holds, since when, who set it, what holds next."""
    return request("GET", "/settings", query={"limit": limit, "after": after, "at": at})


def list_settings_history(limit: int | None, after: str | None) -> Request:
    """Every value of a setting that moves money, in the order in which they come to hold."""
    return request("GET", "/settings/history", query={"limit": limit, "after": after})

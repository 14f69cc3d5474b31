"""Archives: which rows were written out to which files, and the identities that stay of them."""

from __future__ import annotations

from typing import Literal

from settlement.storage.tables import kinds
from settlement.storage.tables.columns import key, optional, required, table
from settlement.storage.tables.kinds import enum

ARCHIVE_KIND = enum("archive_kind", Literal["bills", "announcements", "ledger"])

ARCHIVE = table(
    "archive",
    key("id", kinds.INTEGER),
    required("kind", ARCHIVE_KIND),
    required("before", kinds.CYCLE),
    optional("first_cycle", kinds.CYCLE),
    optional("last_cycle", kinds.CYCLE),
    required("folder", kinds.TEXT),
    required("files", kinds.JSONB),
    required("bills", kinds.BIGINT),
    required("fees", kinds.BIGINT),
    required("events", kinds.BIGINT),
    required("announcements", kinds.BIGINT),
    required("sums", kinds.JSONB),
    optional("last_published_at", kinds.TIMESTAMPTZ),
    optional("last_outbox_id", kinds.BIGINT),
    required("fees_digest", kinds.NUMERIC),
    optional("bills_digest", kinds.NUMERIC),
    required("entries", kinds.BIGINT),
    required("repayments", kinds.BIGINT),
    required("lines", kinds.BIGINT),
    required("made_at", kinds.TIMESTAMPTZ),
    required("made_by", kinds.TEXT),
)

ARCHIVED_EVENT = table(
    "archived_event",
    key("identity", kinds.UUID),
    required("inbox_id", kinds.BIGINT),
    required("account_id", kinds.BIGINT),
    required("content", kinds.BIGINT),
    required("received_at", kinds.TIMESTAMPTZ),
    required("archive_id", kinds.INTEGER),
)

# Of an event whose sender was given its number, or a row of its own to read.
ARCHIVED_NAME = table(
    "archived_name",
    key("inbox_id", kinds.BIGINT),
    required("source", kinds.TEXT),
    required("event_id", kinds.TEXT),
    optional("sent_by", kinds.TEXT),
    required("finished_at", kinds.TIMESTAMPTZ),
)

# Of releases before, whose workers read it: no rows come to it any more.
ARCHIVED_FEE = table(
    "archived_fee",
    key("account_id", kinds.BIGINT),
    key("fee_key", kinds.UUID),
    required("archive_id", kinds.INTEGER),
)

ARCHIVED_FEE_KEYS = table(
    "archived_fee_keys",
    key("account_id", kinds.BIGINT),
    key("first_key", kinds.UUID),
    required("fee_keys", kinds.UUIDS),
)

# Up to when the entries of an account are in archives, and what they came to.
ARCHIVED_LEDGER = table(
    "archived_ledger",
    key("account_id", kinds.BIGINT, "account.id"),
    required("until", kinds.TIMESTAMPTZ),
    required("archive_id", kinds.INTEGER, "archive.id"),
    required("cash_minor", kinds.BIGINT),
    optional("funds_since", kinds.TIMESTAMPTZ),
)

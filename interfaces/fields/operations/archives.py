"""Archives as they are presented, and the files they are in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from interfaces.fields.field import Field, Fields, figure
from interfaces.fields.values import Json
from settlement.model.cycle import cycle_text

if TYPE_CHECKING:
    from settlement.queries.operating.archives import ArchiveView, Elsewhere

# What lists of repayments and entries say beside their rows, as OpenAPI has it.
ARCHIVED: Mapping[str, Any] = {
    "type": ["object", "null"], "required": ["before", "archive", "detail"],
    "description": "What is not in the list, since it is in archives: rows of months before `before`; null where all "
    "are here.",
    "properties": {
        "before": {"type": "string", "description": "A month, YYYY-MM."},
        "archive": {"type": "integer", "description": "The last of these archives."},
        "detail": {"type": "string", "description": "The same as a sentence, with the command that prints these rows."},
    },
}  # fmt: skip


def archived_json(found: Elsewhere | None) -> Json:
    """What of a list is in archives; None where all of it is here."""
    if found is None:
        return None
    return {"before": cycle_text(found.before), "archive": found.archive, "detail": found.detail}


def _month(cycle: int | None) -> str | None:
    return None if cycle is None else cycle_text(cycle)


ARCHIVES: Fields[ArchiveView] = (
    figure("id", "archive", lambda row: row.id, seen=lambda row: str(row.id)),
    Field("kind", "of", lambda row: row.kind),
    Field("first_cycle", "from", lambda row: _month(row.first_cycle)),
    Field("last_cycle", "to", lambda row: _month(row.last_cycle)),
    Field("before", "", lambda row: cycle_text(row.before)),
    figure("bills", "bills", lambda row: row.bills),
    figure("fees", "fees", lambda row: row.fees),
    figure("events", "events", lambda row: row.events),
    figure("announcements", "announcements", lambda row: row.announcements),
    figure("entries", "entries", lambda row: row.entries),
    figure("repayments", "repayments", lambda row: row.repayments),
    figure("lines", "lines", lambda row: row.lines),
    figure("bytes", "bytes", lambda row: row.bytes),
    Field("sums", "", lambda row: dict(row.sums)),
    Field("folder", "folder", lambda row: row.folder),
    Field("files", "", lambda row: [dict(file) for file in row.files]),
    Field("made_at", "made", lambda row: row.made_at),
    Field("made_by", "", lambda row: row.made_by),
)
FILES: Fields[Mapping[str, Any]] = (
    Field("name", "file", lambda row: row["name"]),
    figure("rows", "rows", lambda row: row["rows"]),
    figure("bytes", "bytes", lambda row: row["bytes"]),
    Field("sha256", "sha256", lambda row: row["sha256"]),
)

"""Announcements in the order in which they were published, for whoever catches up. Rule: R13.2."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, text

from settlement.errors import NotFound
from settlement.model.announcements.ids import announcement_id, parse_announcement_id

_EPOCH = "(SELECT max(epoch) FROM outbox_epoch WHERE first_id <= o.id)"
# Outcomes of events are of their sender alone.
_ROWS = text(f"""
    SELECT {_EPOCH}, o.id, o.topic, o.created_at, o.published_at, o.correlation_id, o.payload
    FROM outbox o
    WHERE o.published_at IS NOT NULL AND (o.published_at, o.id) > (CAST(:at AS timestamptz), CAST(:id AS bigint))
      AND (CAST(:topic AS text) IS NULL OR o.topic = :topic
           OR (right(:topic, 1) = '*' AND starts_with(o.topic, left(:topic, -1))))
      AND (CAST(:account AS text) IS NULL OR o.payload ->> 'account' = :account)
      AND (NOT starts_with(o.topic, 'event.') OR CAST(:everyone AS boolean) OR o.payload ->> 'source' = :source)
    ORDER BY o.published_at, o.id LIMIT :limit""")
_PLACE = text(f"""
    SELECT o.published_at, {_EPOCH} FROM outbox o WHERE o.id = :number AND o.published_at IS NOT NULL""")
# What was published since the epoch after this one began; an epoch that is not over has nothing behind its last row.
_NEXT_EPOCH = text("SELECT min(began_at) FROM outbox_epoch WHERE epoch > :epoch")
_KNOWN_EPOCH = text("SELECT 1 FROM outbox_epoch WHERE epoch = :epoch")
_LAST = text(f"""
    SELECT {_EPOCH}, o.id FROM outbox o WHERE o.published_at IS NOT NULL
    ORDER BY o.published_at DESC, o.id DESC LIMIT 1""")
# The archives' last announcement, in the order of publication.
_LAST_ARCHIVED = text("""
    SELECT last_published_at, last_outbox_id, (SELECT max(epoch) FROM outbox_epoch WHERE first_id <= last_outbox_id), id
    FROM archive WHERE kind = 'announcements' ORDER BY last_published_at DESC, last_outbox_id DESC LIMIT 1""")
# Was this one there, up to the highest number that is in an archive.
_MAY_BE_ARCHIVED = text("""
    SELECT :number <= (SELECT max(last_outbox_id) FROM archive)
       AND :epoch = (SELECT max(epoch) FROM outbox_epoch WHERE first_id <= :number)""")


class AnnouncementView(NamedTuple):
    """An announcement that was published. Instants in UTC; `data` are its facts."""

    epoch: int
    number: int
    topic: str
    created_at: datetime
    published_at: datetime
    correlation_id: str
    data: Any

    @property
    def id(self) -> str:
        """Its id, which no other announcement has or will have."""
        return announcement_id(self.epoch, self.number)


def rows(
    tx: Connection,
    *,
    limit: int,
    after: str | None = None,
    topic: str | None = None,
    account: str | None = None,
    source: str | None = None,
    everyone: bool = False,
) -> list[AnnouncementView]:
    """Announcements in the order of their publication, from the one after `after` on.

    `topic` may end in `*`. Of outcomes of events those of `source`, or of `everyone`.

    Raises:
        NotFound: `after` is none that was ever published here.
    """
    at, number = ("-infinity", 0) if after is None else place_after(tx, after)
    parameters = {
        "at": at, "id": number, "topic": topic, "account": account, "source": source, "everyone": everyone,
        "limit": limit,
    }  # fmt: skip
    return [AnnouncementView(*row) for row in tx.execute(_ROWS, parameters)]


def place(tx: Connection, announcement: str) -> tuple[datetime, int]:
    """Where an announcement is in the order of publication.

    Raises:
        NotFound: it was not published here.
        Refused: `bad_id`, it is no id.
    """
    epoch, number = parse_announcement_id(announcement)
    found = tx.execute(_PLACE, {"number": number}).one_or_none()
    if found is None or found[1] != epoch:
        raise NotFound("unknown_announcement", f"no announcement {announcement} was published")
    return found[0], number


def place_after(tx: Connection, announcement: str) -> tuple[datetime, int]:
    """From where to go on after an announcement, which a restored database may not have any more.

    Then whatever was published since it was restored comes next: some of that may have been seen, none is left out.

    Raises:
        NotFound: it is none that was ever published here, or `archived`: what comes after it has been written out.
        Refused: `bad_id`, it is no id.
    """
    try:
        at, number = place(tx, announcement)
    except NotFound:
        epoch, number = parse_announcement_id(announcement)
        if tx.scalar(_MAY_BE_ARCHIVED, {"epoch": epoch, "number": number}):
            last = tx.execute(_LAST_ARCHIVED).one()
            if number == last[1]:
                return last[0], number
            raise _archived(announcement, *last) from None
        began_at = tx.scalar(_NEXT_EPOCH, {"epoch": epoch})
        if began_at is None or tx.scalar(_KNOWN_EPOCH, {"epoch": epoch}) is None:
            raise
        return began_at, 0
    refuse_archived(tx, announcement, at, number)
    return at, number


def refuse_archived(tx: Connection, announcement: str, at: datetime, number: int) -> None:
    """All that was published after this one, at this place, has to be here: some stay of a time of which others went.

    Raises:
        NotFound: `archived`, some of it is in an archive.
    """
    last = tx.execute(_LAST_ARCHIVED).one_or_none()
    if last is not None and (last[0], last[1]) > (at, number):
        raise _archived(announcement, *last)


def _archived(announcement: str, _: datetime, last_number: int, last_epoch: int, archive: int) -> NotFound:
    last_id = announcement_id(last_epoch, last_number)
    return NotFound(
        "archived",
        f"announcements after {announcement}, up to {last_id}, are in archives, the last of them in {archive}; "
        f"read them there and go on after {last_id}",
    )


def last(tx: Connection) -> str | None:
    """The id of the announcement that was published last."""
    found = tx.execute(_LAST).one_or_none()
    return None if found is None else announcement_id(found[0], found[1])

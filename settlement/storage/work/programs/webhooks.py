"""Deliveries of announcements to web addresses, a lane for every endpoint and account. Rule: R13.3.

Times are those of the database's own clock, never of the test clock: others wait in real time.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, text

from settlement.model.rows.webhooks import Health
from settlement.storage.sql.rows import from_rows, read, write
from settlement.storage.tables import kinds
from settlement.storage.tables.events import WEBHOOK_DELIVERY, WEBHOOK_ENDPOINT, WEBHOOK_LANE

_TOPIC = """(e.topics IS NULL OR EXISTS (SELECT 1 FROM unnest(e.topics) AS t (topic)
        WHERE o.topic = t.topic OR (right(t.topic, 1) = '*' AND starts_with(o.topic, left(t.topic, -1)))))"""
# What an endpoint `e` wants of the outbox's rows `o`.
_WANTED = f"""
    {_TOPIC}
    AND (e.accounts IS NULL OR EXISTS (SELECT 1 FROM unnest(e.accounts) AS a (name)
        WHERE o.payload ->> 'account' = a.name
           OR (right(a.name, 1) = '*' AND starts_with(o.payload ->> 'account', left(a.name, -1)))))
    AND (NOT starts_with(o.topic, 'event.') OR o.payload ->> 'source' = e.source)"""
# A lane that is there keeps its instant. It is locked all the same: whoever ends it meanwhile has to see what is new.
_LANES = """
    INSERT INTO webhook_lane (endpoint_id, account_id, due_at)
    SELECT endpoint_id, account_id, clock_timestamp() FROM new GROUP BY 1, 2 ORDER BY 1, 2
    ON CONFLICT (endpoint_id, account_id) DO UPDATE SET due_at = excluded.due_at WHERE false"""
_ADD = text(f"""
    WITH new AS (
        INSERT INTO webhook_delivery (endpoint_id, outbox_id, account_id)
        SELECT e.id, o.id, o.account_id FROM outbox o JOIN webhook_endpoint e ON {_WANTED}
        WHERE o.id = ANY(CAST(:ids AS bigint[]))
        ON CONFLICT DO NOTHING RETURNING endpoint_id, account_id)
    {_LANES}""")
# Those that were delivered are to be so again; those that it never was to get are added. None of them leaves for an
# archive meanwhile.
_REPLAY = text(f"""
    WITH new AS (
        INSERT INTO webhook_delivery AS d (endpoint_id, outbox_id, account_id)
        SELECT e.id, o.id, o.account_id FROM outbox o JOIN webhook_endpoint e ON e.id = :endpoint_id AND {_WANTED}
        WHERE (o.published_at, o.id) >= (:from_at, :from_id) AND (o.published_at, o.id) <= (:to_at, :to_id)
        FOR KEY SHARE OF o
        ON CONFLICT (endpoint_id, outbox_id) DO UPDATE SET delivered_at = NULL, attempts = 0
        RETURNING endpoint_id, account_id),
    lanes AS ({_LANES} RETURNING 1)
    SELECT count(*) FROM new""")
# By the time of the statement, which an index can be read up to, where that of the moment is another at every row.
_CLAIM = text("""
    WITH picked AS (
        SELECT e.id AS endpoint_id, l.account_id
        FROM webhook_endpoint e
        CROSS JOIN LATERAL (
            SELECT account_id, due_at FROM webhook_lane
            WHERE endpoint_id = e.id AND due_at <= statement_timestamp() ORDER BY due_at
            -- One that fails is tried with one message at a time.
            LIMIT greatest(0, CASE WHEN e.fails >= :failing THEN 1 ELSE :each END
                              - coalesce(CAST(CAST(:busy AS jsonb) ->> e.id AS integer), 0))
            FOR UPDATE SKIP LOCKED) AS l
        WHERE (e.paused_because IS NULL OR e.paused_because = 'failing')
          AND (e.rests_until IS NULL OR e.rests_until <= clock_timestamp())
        ORDER BY l.due_at LIMIT :most)
    UPDATE webhook_lane w SET due_at = clock_timestamp() + make_interval(secs => :lease_s)
    FROM picked p WHERE w.endpoint_id = p.endpoint_id AND w.account_id = p.account_id
    RETURNING w.endpoint_id, w.account_id, w.due_at""")
_MESSAGES = from_rows(
    WEBHOOK_LANE,
    ("endpoint_id", "account_id"),
    """SELECT d.endpoint_id, d.account_id, d.outbox_id, d.attempts,
              (SELECT max(epoch) FROM outbox_epoch WHERE first_id <= o.id), o.topic, CAST(o.payload AS text),
              o.correlation_id, o.created_at
       FROM $v CROSS JOIN LATERAL (
           SELECT * FROM webhook_delivery d
           WHERE d.endpoint_id = v.endpoint_id AND d.account_id = v.account_id AND d.delivered_at IS NULL
           ORDER BY d.outbox_id LIMIT :each) AS d
       JOIN outbox o ON o.id = d.outbox_id ORDER BY d.endpoint_id, d.account_id, d.outbox_id""",
)
_TARGETS = text("""
    SELECT id, url, secret, CASE WHEN previous_until > clock_timestamp() THEN previous_secret END
    FROM webhook_endpoint WHERE id = ANY(CAST(:ids AS text[]))""")
_TRIED = from_rows(
    WEBHOOK_DELIVERY,
    ("endpoint_id", "outbox_id", "status", "response", "is_delivered"),
    """UPDATE webhook_delivery d
       SET attempts = attempts + 1, status = v.status, response = v.response, tried_at = clock_timestamp(),
           delivered_at = CASE WHEN v.is_delivered THEN clock_timestamp() END
       FROM $v WHERE d.endpoint_id = v.endpoint_id AND d.outbox_id = v.outbox_id AND d.delivered_at IS NULL""",
    kinds={"is_delivered": kinds.BOOLEAN},
)
# The lanes that are still in the hands of whoever says so: one whose lease was over belongs to somebody else.
_LOCK = from_rows(
    WEBHOOK_LANE,
    ("endpoint_id", "account_id", "due_at"),
    """SELECT w.endpoint_id, w.account_id FROM webhook_lane w JOIN $v ON w.endpoint_id = v.endpoint_id
       AND w.account_id = v.account_id AND w.due_at = v.due_at ORDER BY 1, 2 FOR UPDATE OF w""",
)
_HAND_BACK = from_rows(
    WEBHOOK_LANE,
    ("endpoint_id", "account_id", "in_s"),
    """UPDATE webhook_lane w SET due_at = clock_timestamp() + make_interval(secs => v.in_s)
       FROM $v WHERE w.endpoint_id = v.endpoint_id AND w.account_id = v.account_id""",
    kinds={"in_s": kinds.DOUBLE_PRECISION},
)
_END = from_rows(
    WEBHOOK_LANE,
    ("endpoint_id", "account_id"),
    """DELETE FROM webhook_lane w USING $v WHERE w.endpoint_id = v.endpoint_id AND w.account_id = v.account_id
       AND NOT EXISTS (SELECT 1 FROM webhook_delivery d WHERE d.endpoint_id = w.endpoint_id
                       AND d.account_id = w.account_id AND d.delivered_at IS NULL)""",
)
_HEALTH = text("""
    SELECT id, fails, paused_because FROM webhook_endpoint
    WHERE id = ANY(CAST(:ids AS text[])) ORDER BY id FOR UPDATE""")
_SET_HEALTH = from_rows(
    WEBHOOK_ENDPOINT,
    ("id", "fails", "paused_because", "rest_s", "succeeded"),
    """UPDATE webhook_endpoint e
       SET fails = v.fails, paused_because = v.paused_because,
           paused_at = CASE WHEN v.paused_because IS NOT NULL THEN coalesce(e.paused_at, clock_timestamp()) END,
           rests_until = CASE WHEN v.rest_s > 0 THEN clock_timestamp() + make_interval(secs => v.rest_s) END,
           last_success_at = CASE WHEN v.succeeded THEN clock_timestamp() ELSE e.last_success_at END
       FROM $v WHERE e.id = v.id""",
    kinds={"rest_s": kinds.DOUBLE_PRECISION, "succeeded": kinds.BOOLEAN},
)
# Of an endpoint that is paused somebody may want to see what it got last.
_FORGET = text("""
    DELETE FROM webhook_delivery WHERE ctid = ANY(ARRAY(
        SELECT o.ctid FROM webhook_endpoint e CROSS JOIN LATERAL (
            SELECT ctid FROM webhook_delivery
            WHERE endpoint_id = e.id AND delivered_at < statement_timestamp() - make_interval(days => :days)
            ORDER BY delivered_at LIMIT :most FOR UPDATE SKIP LOCKED) AS o
        WHERE e.paused_because IS NULL LIMIT :most))""")
_DUE_NOW = text("""
    UPDATE webhook_lane SET due_at = clock_timestamp()
    WHERE endpoint_id = ANY(CAST(:ids AS text[])) AND due_at > clock_timestamp()""")
_ADD_ENDPOINT = text("""
    INSERT INTO webhook_endpoint (id, url, topics, accounts, source, secret)
    VALUES (:id, :url, CAST(:topics AS text[]), CAST(:accounts AS text[]), :source, :secret)
    ON CONFLICT DO NOTHING RETURNING id""")
_REMOVE = text("DELETE FROM webhook_endpoint WHERE id = :id RETURNING id")
_ROTATE = text("""
    UPDATE webhook_endpoint SET previous_secret = secret, secret = :secret,
        previous_until = clock_timestamp() + make_interval(secs => :overlap_s) WHERE id = :id RETURNING id""")
_PAUSE = text("""
    UPDATE webhook_endpoint SET paused_at = coalesce(paused_at, clock_timestamp()), paused_because = 'by_hand'
    WHERE id = :id RETURNING id""")
_RESUME = text("""
    UPDATE webhook_endpoint SET paused_at = NULL, paused_because = NULL, fails = 0, rests_until = NULL
    WHERE id = :id RETURNING id""")
_WITH_SOURCE = text(f"""
    SELECT DISTINCT e.source FROM webhook_endpoint e CROSS JOIN (SELECT CAST(:topic AS text) AS topic) AS o
    WHERE e.source IS NOT NULL AND {_TOPIC}""")


class Lane(NamedTuple):
    """A lane in hand: no other process takes it up before `due_at` (UTC)."""

    endpoint_id: str
    account_id: int
    due_at: datetime


class Message(NamedTuple):
    """An announcement on its way to an endpoint; `attempts` in vain so far. `payload` is JSON text."""

    endpoint_id: str
    account_id: int
    outbox_id: int
    attempts: int
    epoch: int
    topic: str
    payload: str
    correlation_id: str
    created_at: datetime


class Target(NamedTuple):
    """Where an endpoint is, and the secrets that sign what goes there."""

    id: str
    url: str
    secrets: tuple[str, ...]


class LaneEnd(NamedTuple):
    """A lane to hand back: when it may be taken up again, in seconds."""

    lane: Lane
    in_s: float


def add(tx: Connection, outbox_ids: Sequence[int]) -> None:
    """Deliveries of these announcements to every endpoint that wants them, in one statement."""
    tx.execute(_ADD, {"ids": list(outbox_ids)})


def replay(tx: Connection, endpoint_id: str, first: tuple[datetime, int], last: tuple[datetime, int]) -> int:
    """Delivers again what the endpoint wants of what was published from `first` to `last`. How many those are."""
    (from_at, from_id), (to_at, to_id) = first, last
    parameters = {
        "endpoint_id": endpoint_id, "from_at": from_at, "from_id": from_id, "to_at": to_at, "to_id": to_id
    }  # fmt: skip
    return int(tx.execute(_REPLAY, parameters).scalar_one())


def claim(
    tx: Connection, *, most: int, each: int, failing: int, busy: Mapping[str, int], lease_s: float
) -> list[Lane]:
    """Lanes that are due, `each` of an endpoint at most, those included that are in hand already (`busy`).

    An endpoint with as many failures in a row as `failing` has one in hand at most.
    """
    parameters = {
        "most": most, "each": each, "failing": failing, "busy": json.dumps(dict(busy)), "lease_s": lease_s
    }  # fmt: skip
    return [Lane(*row) for row in tx.execute(_CLAIM, parameters)]


def messages(tx: Connection, lanes: Sequence[Lane], *, each: int) -> list[Message]:
    """What waits first in these lanes, in the order in which it is to be delivered."""
    return [Message(*row) for row in read(tx, _MESSAGES, [lane[:2] for lane in lanes], each=each)]


def targets(tx: Connection, endpoint_ids: Sequence[str]) -> dict[str, Target]:
    """Where these endpoints are. A secret that was replaced signs too until its time is over."""
    found = tx.execute(_TARGETS, {"ids": list(endpoint_ids)})
    return {row[0]: Target(row[0], row[1], tuple(secret for secret in row[2:] if secret)) for row in found}


def note_attempts(tx: Connection, rows: Sequence[tuple[str, int, int | None, str, bool]]) -> None:
    """What came of attempts: endpoint, announcement, status of the response and its beginning, whether it is there."""
    write(tx, _TRIED, rows)


def hand_back(tx: Connection, ends: Sequence[LaneEnd]) -> None:
    """Hands lanes back, and ends those in which nothing waits. A lane whose lease was over belongs to somebody else.

    Whoever adds to a lane locks it, and its row is looked at after it is locked here: nothing is left without a lane.
    """
    there = {tuple(row) for row in read(tx, _LOCK, [end.lane for end in ends])}
    mine = [(*end.lane[:2], end.in_s) for end in ends if end.lane[:2] in there]
    write(tx, _HAND_BACK, mine)
    write(tx, _END, [row[:2] for row in mine])


def health(tx: Connection, endpoint_ids: Sequence[str]) -> dict[str, Health]:
    """How these endpoints are, locked."""
    return {row[0]: Health(row[1], row[2]) for row in tx.execute(_HEALTH, {"ids": list(endpoint_ids)})}


def set_health(tx: Connection, rows: Mapping[str, Health], succeeded: Collection[str]) -> None:
    """How endpoints are from now on; the time of those that `succeeded` is noted."""
    write(
        tx,
        _SET_HEALTH,
        [(name, row.fails, row.paused_because, row.rest_s, name in succeeded) for name, row in rows.items()],
    )


def forget(tx: Connection, *, days: int, most: int) -> int:
    """Deletes up to `most` deliveries that were over so many days ago, but for those of paused endpoints. How many."""
    return tx.execute(_FORGET, {"days": days, "most": most}).rowcount


def due_now(tx: Connection, endpoint_ids: Sequence[str]) -> None:
    """Nothing waits for its time at these endpoints any more."""
    tx.execute(_DUE_NOW, {"ids": list(endpoint_ids)})


def add_endpoint(
    tx: Connection,
    endpoint_id: str,
    url: str,
    secret: str,
    *,
    topics: Sequence[str] | None,
    accounts: Sequence[str] | None,
    source: str | None,
) -> bool:
    """False where there is one of this name. It gets what is relayed from now on."""
    row = {
        "id": endpoint_id, "url": url, "secret": secret, "source": source,
        "topics": topics and list(topics), "accounts": accounts and list(accounts),
    }  # fmt: skip
    return tx.execute(_ADD_ENDPOINT, row).one_or_none() is not None


def remove(tx: Connection, endpoint_id: str) -> bool:
    """With all that waits for it and all that is known of its deliveries; false where there is none."""
    return tx.execute(_REMOVE, {"id": endpoint_id}).one_or_none() is not None


def rotate(tx: Connection, endpoint_id: str, secret: str, *, overlap_s: float) -> bool:
    """Signs with this secret, and for a while with the one before it; false where there is no such endpoint."""
    parameters = {"id": endpoint_id, "secret": secret, "overlap_s": overlap_s}
    return tx.execute(_ROTATE, parameters).one_or_none() is not None


def pause(tx: Connection, endpoint_id: str) -> bool:
    """Delivers nothing there until it is resumed; false where there is no such endpoint."""
    return tx.execute(_PAUSE, {"id": endpoint_id}).one_or_none() is not None


def resume(tx: Connection, endpoint_id: str) -> bool:
    """Delivers again, and at once; false where there is no such endpoint."""
    found = tx.execute(_RESUME, {"id": endpoint_id}).one_or_none() is not None
    due_now(tx, [endpoint_id])
    return found


def sources_that_want(tx: Connection, topic: str) -> frozenset[str]:
    """Sources of which an endpoint wants this topic."""
    return frozenset(tx.scalars(_WITH_SOURCE, {"topic": topic}))

"""Limits of a deployment: sizes, intervals and time limits."""

from __future__ import annotations

from pydantic import Field

from config.group import Count, Group, Seconds, WholeSeconds


class LimitSettings(Group):
    """Sizes, intervals and time limits. Every batch, retry and pool is named here."""

    range_size: Count = Field(
        2000, description="Accounts of one range of a month close, settled in one transaction."
    )
    drain_size: Count = Field(1000, description="Inbox events that one transaction takes at most.")
    stream_batch: Count = Field(1000, description="Stream entries read and acknowledged at a time.")
    relay_batch: Count = Field(500, description="Outbox rows published at a time.")
    sweep_every_s: Seconds = Field(
        3.0, description="Seconds between sweeps for work that no message announced."
    )
    tick_every_s: Seconds = Field(60.0, description="Seconds between questions of what is owed and not done.")
    heartbeat_every_s: Seconds = Field(
        10.0,
        description="Seconds between what a process writes down of itself; after three of them it counts as silent.",
    )
    owed_grace_s: Seconds = Field(
        3600.0,
        description="Seconds for which nobody may be at work on what the calendar owes before that counts as a fault.",
    )
    max_attempts: Count = Field(5, description="Tries of one piece of work before it is parked.")
    visibility_timeout_s: WholeSeconds = Field(
        180,
        description="Seconds after which the broker hands out a message again; the same for every worker of a broker.",
    )
    audit_sessions: Count = Field(
        2, description="Database sessions that an audit uses at once, all on one snapshot."
    )
    message_bytes: Count = Field(
        16_777_216, description="Bytes of a message of the broker beyond which it is set aside unread."
    )
    statement_timeout_s: Seconds = Field(60.0, description="Seconds after which PostgreSQL ends a statement.")
    lock_timeout_s: Seconds = Field(20.0, description="Seconds that a statement waits for a lock.")
    idle_in_transaction_timeout_s: Seconds = Field(
        60.0, description="Seconds after which PostgreSQL ends a transaction that does nothing."
    )
    clock_skew_s: Seconds = Field(
        5.0,
        description="Seconds by which the clocks of host and database may differ before nothing is booked.",
    )
    database_pool_size: Count = Field(5, description="Database connections that a process keeps.")
    database_pool_overflow: int = Field(
        5, ge=0, description="Database connections beyond those, closed after use."
    )
    database_pool_timeout_s: Seconds = Field(
        10.0, description="Seconds to wait for a free database connection."
    )
    connect_timeout_s: Seconds = Field(
        3.0, description="Seconds to wait for a connection to the broker or database."
    )
    socket_timeout_s: Seconds = Field(5.0, description="Seconds to wait for an answer of the broker.")
    broker_pool_size: Count = Field(10, description="Broker connections that a process keeps.")
    broker_pool_timeout_s: Seconds = Field(5.0, description="Seconds to wait for a free broker connection.")
    stop_grace_s: Seconds = Field(
        45.0, description="Seconds that a process may take to stop before it is killed."
    )

"""Rows to write about billing relationships."""

from __future__ import annotations

from typing import NamedTuple


class RelationshipRow(NamedTuple):
    """A relationship as it is afterwards, new or known."""

    id: int
    main_id: int
    member_id: int
    state: str

"""The record of imports of billing exports, and what an import needs to know about accounts beforehand."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

_BEGIN = text("INSERT INTO fee_import (file_name, started_at) VALUES (:file_name, :at) RETURNING id")
_FINISH = text("""
    UPDATE fee_import SET finished_at = :at, report = CAST(:report AS jsonb) WHERE id = :import_id""")
_FORGET = text("DELETE FROM fee_import_repeat WHERE import_id = :import_id")
_KNOWN_NAMES = text("SELECT external_id FROM account WHERE external_id = ANY(CAST(:names AS text[]))")


def begin(tx: Connection, file_name: str, at: datetime) -> int:
    """Records that an import of this file starts. Returns its id."""
    return int(tx.execute(_BEGIN, {"file_name": file_name, "at": at}).scalar_one())


def finish(tx: Connection, import_id: int, at: datetime, report: dict[str, Any]) -> None:
    """Records how the import ended and forgets its counts of repeated rows."""
    tx.execute(_FINISH, {"import_id": import_id, "at": at, "report": json.dumps(report)})
    tx.execute(_FORGET, {"import_id": import_id})


def known_names(tx: Connection, names: Iterable[str]) -> set[str]:
    """Those of the names that are accounts."""
    return set(tx.scalars(_KNOWN_NAMES, {"names": list(names)}))

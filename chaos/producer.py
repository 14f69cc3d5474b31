"""`python -m chaos.producer PLAN PART`: one upstream system, which sends its part, in order.

An answer that does not come means "unknown": it sends again, like every careful sender, and doubles what had arrived.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

from chaos.doors import DoorOut, NameDoor, SqlDoor, StreamDoor
from chaos.journal import Journal
from chaos.schedule import Calendar
from chaos.workload import Workload

AGAIN_AFTER_S = 0.3


def allowed(path: Path) -> float:
    """How far the run has come, 0 to 1: nothing beyond is sent yet."""
    try:
        return float(path.read_text())
    except (OSError, ValueError):
        return 0.0


def produce(plan: dict[str, Any], part: int) -> None:
    """Sends this part of the plan."""
    folder = Path(plan["folder"])
    workload = Workload(plan["seed"], plan["events"], Calendar(plan["months"]))
    doors: dict[str, DoorOut] = {
        "sql": SqlDoor(plan["database_url"]),
        "stream": StreamDoor(plan["broker_url"], plan["prefix"]),
        "name": NameDoor(plan["broker_url"], plan["prefix"]),
    }
    journal = Journal(folder / f"journal-{part}.jsonl")
    done, limit = 0, 0.0
    for unit in workload.units()[part :: plan["parts"]]:
        while unit.at > limit:
            limit = allowed(folder / "allowed")
            if unit.at > limit:
                time.sleep(0.02)
        events = [workload.event(number) for number in unit.events]
        while True:
            try:
                doors[unit.door].send(events)
                break
            except Exception as error:  # noqa: BLE001 - a broker's client raises what it likes, and all of it is "unknown"
                sys.stderr.write(f"{unit.door}: {type(error).__name__}: {error}\n")
                time.sleep(AGAIN_AFTER_S)
        journal.accepted(unit.door, events)
        done += len(events)
        (folder / f"sent-{part}").write_text(str(done))
    journal.close()
    for door in doors.values():
        door.close()


if __name__ == "__main__":
    produce(json.loads(Path(sys.argv[1]).read_text()), int(sys.argv[2]))

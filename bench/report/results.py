"""Results as a file, with where and with what they were measured."""

from __future__ import annotations

import json
import os
import platform
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil

from bench.report.goals import goals

_PACKAGES = ("celery", "kombu", "redis", "sqlalchemy", "psycopg", "pydantic")


def machine(postgres: str, broker: str) -> dict[str, Any]:
    """Where and with what a section was measured."""
    return {
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "cores": os.cpu_count(),
        "cpu": _cpu(),
        "memory_gb": round(psutil.virtual_memory().total / 2**30, 1),
        "os": platform.platform(),
        "python": platform.python_version(),
        "postgresql": postgres,
        "broker": broker,
        **{name: version(name) for name in _PACKAGES},
    }


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next(
        (line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown"
    )


def read(path: Path) -> dict[str, Any]:
    """The results so far; empty when there are none."""
    try:
        found: dict[str, Any] = json.loads(path.read_text())
    except FileNotFoundError:
        return {}
    return found


def write(path: Path, results: dict[str, Any]) -> None:
    """Writes the file whole or not at all."""
    results["goals"] = [goal._asdict() for goal in goals(results)]
    partial = path.with_suffix(".partial")
    partial.write_text(json.dumps(results, indent=2) + "\n")
    partial.replace(path)

"""What a file is, by its first bytes."""

from __future__ import annotations

import stat
from pathlib import Path

from settlement.errors import Refused

_ARCHIVES = {
    b"PK\x03\x04": "a zip archive",
    b"\x28\xb5\x2f\xfd": "compressed with zstd",
    b"BZh": "compressed with bzip2",
    b"\xfd7zXZ": "compressed with xz",
}


def read_head(file: Path) -> tuple[int, bytes]:
    """The size of the file and its first bytes."""
    try:
        status = file.stat()
        if not stat.S_ISREG(status.st_mode):
            raise Refused("unreadable", f"{file}: is not a file")
        with file.open("rb") as stream:
            head = stream.read(8)
    except FileNotFoundError:
        raise Refused("missing_file", f"{file}: there is no such file") from None
    except (OSError, ValueError) as fault:
        reason = getattr(fault, "strerror", None) or fault
        raise Refused("unreadable", f"{file}: cannot be read: {reason}") from None
    if not head:
        raise Refused("empty_file", f"{file}: the file is empty")
    for magic, what in _ARCHIVES.items():
        if head.startswith(magic):
            raise Refused(
                "archive", f"{file}: is {what}; unpack it first (CSV, gzipped CSV and Parquet are read)"
            )
    return status.st_size, head

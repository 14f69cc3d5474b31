"""A file opened as text, whatever its encoding, unpacked if it is packed; and what goes wrong with it, in words."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO, NamedTuple, cast

from settlement.errors import Refused

_GZIP_MAGIC = b"\x1f\x8b"
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_UTF32_MARKS = (b"\xff\xfe\0\0", b"\0\0\xfe\xff")
_BYTE_ORDER_MARK = "\ufeff"
_BUFFER_BYTES = 1 << 18


class OpenedText(NamedTuple):
    """The text, and the raw file whose position is the progress."""

    text: io.TextIOWrapper
    raw: BinaryIO


@contextmanager
def open_text(path: Path) -> Iterator[OpenedText]:
    """The file as text. UTF-8, or UTF-16 by its mark or its zero bytes; bytes that are neither become U+FFFD.

    Raises:
        Refused: `encoding`, for UTF-32.
    """
    with ExitStack() as stack:
        raw = stack.enter_context(path.open("rb", buffering=0))
        stream = stack.enter_context(io.BufferedReader(raw, _BUFFER_BYTES))
        if stream.peek(2).startswith(_GZIP_MAGIC):
            unpacked = stack.enter_context(gzip.GzipFile(fileobj=stream, mode="rb"))
            stream = stack.enter_context(io.BufferedReader(cast("io.FileIO", unpacked), _BUFFER_BYTES))
        encoding = _encoding(stream.peek(4)[:4], path)
        # Line ends are left as they are, since inside quotes they belong to the value; a lone CR ends a line only in
        # a file that knows no other line end.
        newline = "\n" if b"\n" in stream.peek(_BUFFER_BYTES) else ""
        text = io.TextIOWrapper(stream, encoding=encoding, errors="replace", newline=newline)
        yield OpenedText(stack.enter_context(text), cast("BinaryIO", raw))


def _encoding(head: bytes, path: Path) -> str:
    if head in _UTF32_MARKS:
        raise Refused("encoding", f"{path}: is UTF-32; save it as UTF-8 and import that")
    if head[:2] in _UTF16_MARKS:
        return "utf-16"
    # A header is ASCII for the most part, so every second byte of UTF-16 is zero there.
    zeros = [byte == 0 for byte in head]
    if zeros == [False, True, False, True]:
        return "utf-16-le"
    return "utf-16-be" if zeros == [True, False, True, False] else "utf-8"


def without_marks(text: str) -> str:
    """The text without NUL and byte order marks, which files that were joined have in their middle too."""
    if "\0" in text:
        text = text.replace("\0", "")
    return text.replace(_BYTE_ORDER_MARK, "") if _BYTE_ORDER_MARK in text else text


@contextmanager
def faults(path: Path, line: Callable[[], int]) -> Iterator[None]:
    """Turns what the file system and gzip raise into refusals that name the last good line."""
    try:
        yield
    except EOFError:
        raise Refused("gzip_truncated", f"{path}: the gzip file breaks off after line {line()}") from None
    except (gzip.BadGzipFile, zlib.error) as fault:
        raise Refused("gzip_broken", f"{path}: broken gzip after line {line()}: {fault}") from None
    except OSError as fault:
        reason = fault.strerror or fault
        raise Refused("unreadable", f"{path}: cannot be read after line {line()}: {reason}") from None

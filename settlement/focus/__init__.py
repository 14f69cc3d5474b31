"""Billing exports in the FOCUS format, read as streams.

FOCUS is the FinOps Open Cost and Usage Specification; versions 1.0, 1.1 and 1.2 are read, whoever wrote them.

Lives here: the readers of CSV, gzipped CSV and Parquet, and the mapping of their rows to fees.
May import: `settlement.model` and `settlement.errors`; never rules or plans. Parquet needs the extra `parquet`.
Start at: `read` in `reader.py`; then `rows.py`, which says what a row must have.
"""

from settlement.focus.lines import Batch, FeeLine, RefusedLine
from settlement.focus.reader import read

__all__ = ["Batch", "FeeLine", "RefusedLine", "read"]

"""Loads a set of accounts under lock, with everything a plan may see: one statement per table.

Lives here: one file per subject; `snapshot.py` locks and puts them together.
May import: `settlement.storage.sql`, `settlement.model`, SQLAlchemy.
Start at: `snapshot.py`.
"""

"""Writes what a plan decided: one statement per table and kind of change.

Lives here: one file per subject; `changes.py` puts them in order.
May import: `settlement.storage.sql`, `settlement.model`, SQLAlchemy.
Start at: `changes.py`.
"""

"""Rows that plans decide on, as tuples that go to the database unchanged.

Lives here: one file per subject; `settlement.model.changes` holds them together.
May import: `settlement.model` and the standard library.
Start at: `settlement/model/changes.py`.
"""

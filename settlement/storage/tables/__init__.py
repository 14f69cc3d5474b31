"""The tables, as migrations have made them: names, kinds and keys of their columns, each stated once.

Lives here: one file per subject; statements take their column lists and kinds from here.
May import: SQLAlchemy and `settlement.model`, for the values of enumerations.
Start at: `accounts.py`; `schema.py` has them all.
"""

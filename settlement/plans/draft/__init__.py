"""What a plan works on: mutable views of a set's accounts, and the rows collected so far. The ground floor of plans.

Lives here: one file per subject; `draft.py` and `collection.py` stand above them.
May import: `settlement.rules` and `settlement.model`; no other plan.
Start at: `draft.py`, `accounts.py`.
"""

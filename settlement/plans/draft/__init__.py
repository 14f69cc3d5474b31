"""What a plan works on: mutable views of a set's accounts, and the rows collected so far. The ground floor of plans.

Lives here: the draft by subject, and `rows.py`, which stands above it and turns it into changes.
May import: `settlement.rules` and `settlement.model`; no other plan.
Start at: `draft.py`.
"""

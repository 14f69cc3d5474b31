"""What people request: relationships, manual payments, transfers, unified settlements.

Lives here: one plan per subject.
May import: the plans below: draft, write-off, charges; rules and model.
Start at: `payments.py`.
"""

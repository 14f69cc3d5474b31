"""Decisions: from a snapshot of a set of accounts to the changes that should be made. Pure.

Lives here: one plan per business act (issue, write off, top up, transfer), always for a whole set.
May import: `settlement.rules` and `settlement.model`; no input or output, no clock.
Start at: `write_off.py`.
"""

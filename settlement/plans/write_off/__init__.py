"""Automatic write-off, the same everywhere: a bill is paid from card, refund and cash.

Lives here: the write-off, and how much of an inflow it would take.
May import: `settlement.plans.draft`, announcements, rules and model.
Start at: `write_off.py`.
"""

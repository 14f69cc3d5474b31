"""Nouns of the domain: frozen, slotted dataclasses without behaviour that needs a clock, a database or a setting.

Lives here: money, cycles, accounts, bills, funds, policy, the snapshot a plan reads and the changes it returns.
May import: the standard library and `settlement.errors`; never `time`, `os`, `random` or `logging`.
Start at: `money.py`, then `snapshot.py` and `changes.py`.
"""

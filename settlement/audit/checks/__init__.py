"""The audit's questions, by subject.

Lives here: each is one statement that lists what does not add up.
May import: `settlement.audit.check`.
Start at: `balances.py`.
"""

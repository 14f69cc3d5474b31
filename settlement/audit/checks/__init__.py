"""The audit's questions, by subject.

Lives here: each is one statement that lists what does not add up.
May import: `settlement.audit.check`, and of the model the names of funds and ledger accounts.
Start at: `balances.py`.
"""

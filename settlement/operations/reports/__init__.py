"""What people ask for and nothing is changed by.

Lives here: audit, explanations, statements, ledger, records.
May import: every other room of `settlement`.
Start at: `explanations.py`.
"""

"""The proof that a plan's rows add up, before they are written. Shares no sum with the plans.

Lives here: `check`, and what it holds against each other, by subject.
May import: `settlement.model`; never plans or rules, whose mistakes it is there to find.
Start at: `changes.py`.
"""

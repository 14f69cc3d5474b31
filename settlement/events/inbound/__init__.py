"""The events this system accepts: their data, and what they ask for.

Lives here: one pydantic model per kind of event, by subject.
May import: pydantic, `settlement.model`.
Start at: `accounts.py`.
"""

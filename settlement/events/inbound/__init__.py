"""The events this system accepts: their data, and what they want done. The published contract, version 1.

Lives here: one pydantic model per kind of event, by subject, with its type, its text and an example of its data.
May import: pydantic, `settlement.model`.
Start at: `money.py`.
"""

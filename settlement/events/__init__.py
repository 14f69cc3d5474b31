"""Messages in and out: the published contract, versioned and validated.

Lives here: the shapes of inbound and outbound events.
May import: `settlement.model` and pydantic; never rules or plans.
Start at: `inbound.py`.
"""

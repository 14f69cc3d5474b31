"""Messages in and out: the published contract, versioned and validated.

Lives here: the registry of events, the data of each by subject, and the shapes of announcements.
May import: `settlement.model` and pydantic; never rules or plans.
Start at: `registry.py`.
"""

"""People at the console as they are written: users with their sessions, and what they did.

Lives here: statements, a function each.
May import: as `settlement.storage.work`.
Start at: `users.py`.
"""

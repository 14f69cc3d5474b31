"""People at the console: the tables of users, sessions and acts.

Lives here: declarations.
May import: as `settlement.storage.tables`.
Start at: `users.py`.
"""

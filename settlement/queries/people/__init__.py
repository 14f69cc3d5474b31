"""Reads about people at the console.

Lives here: who they are, and what they did.
May import: as `settlement.queries`.
Start at: `users.py`.
"""

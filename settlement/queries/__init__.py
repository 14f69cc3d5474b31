"""Reads for people and programs: page by page, each listing in one statement. Nothing here locks a row or decides
anything.

Lives here: one file per subject.
May import: `settlement.storage.sql`, `settlement.model`, SQLAlchemy.
Start at: `accounts.py`.
"""

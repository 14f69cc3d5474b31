"""Reads about what gateways did by themselves, and about how their books compare with ours.

Lives here: one file per subject; charges and refunds of ours are beside this folder.
May import: as `settlement.queries`.
Start at: `reconciliation.py`.
"""

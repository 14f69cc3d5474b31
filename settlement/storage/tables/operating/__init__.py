"""The processes at work on all hosts, and how long their work takes.

Lives here: declarations.
May import: as `settlement.storage.tables`.
Start at: `processes.py`.
"""

"""The processes at work on all hosts, and how long their work takes.

Lives here: what processes write down of themselves.
May import: as `settlement.storage.work`.
Start at: `processes.py`.
"""

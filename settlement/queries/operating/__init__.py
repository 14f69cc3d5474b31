"""The processes at work on all hosts, and how long their work takes.

Lives here: reads.
May import: as `settlement.queries`.
Start at: `processes.py`.
"""

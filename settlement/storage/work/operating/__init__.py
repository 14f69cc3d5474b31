"""The processes at work on all hosts, and how long their work takes; sums over all bills; months written out.

Lives here: what processes write down of themselves, and what operators let leave the database.
May import: as `settlement.storage.work`.
Start at: `processes.py`.
"""

"""What is kept of the deployment itself: its processes, how long their work takes, sums over all bills, archives.

Lives here: declarations.
May import: as `settlement.storage.tables`.
Start at: `processes.py`.
"""

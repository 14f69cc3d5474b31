"""From outside into the inbox: what a worker's process adds to `receive`.

Lives here: the stream reader, the group commit, and the drain that follows.
May import: `worker.runtime`, `settlement.operations`.
Start at: `intake.py`.
"""

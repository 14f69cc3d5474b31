"""From outside into the inbox: what a worker's process adds to `receive`.

Lives here: the stream reader, what records events, the group commit, and the drain that follows.
May import: `worker.runtime`, `settlement.operations`.
Start at: `stream.py`, `receive.py`, `drain.py`.
"""

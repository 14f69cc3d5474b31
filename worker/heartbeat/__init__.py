"""Every process writes down in the database that it is there, and how long its work takes. Rule: R11.10.

Lives here: who this process is, how long its tasks took, the thread that writes both down.
May import: what `worker` may.
Start at: `writer.py`.
"""

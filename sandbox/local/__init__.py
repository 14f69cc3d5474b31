"""A laptop's own servers and processes, for `settle up` and for tests.

Lives here: an embedded PostgreSQL and Valkey, and the supervision of worker and beat processes.
May import: `config`. Nothing a deployment runs imports this room, so the `embedded` extra stays optional.
Start at: `stack.py`.
"""

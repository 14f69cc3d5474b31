"""Entry points of the queues, one file per subject: parse primitives, call one operation, nothing else.

Lives here: Celery tasks, made with the decorator from `worker`.
May import: `worker` and `settlement.operations`; no storage, gateway, plan or SQL.
Start at: `events.py`.
"""

"""Work as rows: claimed, done, retried, set aside.

Lives here: inbox, outbox, runs, slots, calls at gateways, and what else somebody has to get done.
May import: `settlement.storage.sql`, `settlement.model`, SQLAlchemy.
Start at: `inbox.py`.
"""

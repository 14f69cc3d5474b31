"""PostgreSQL, used fully: tables, set-based loads and writes, inbox, outbox and migrations.

Lives here: every SQL statement of the project; only `Store.transaction` commits.
May import: `settlement.model` and SQLAlchemy; never rules or plans, so no decision hides in a query.
Start at: `load.py` and `apply.py`.
"""

"""How rows get into a statement and out of it.

Lives here: arrays, COPY, rows as parameters, long reads.
May import: SQLAlchemy, psycopg and `settlement.model`.
Start at: `rows.py`.
"""

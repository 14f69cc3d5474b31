"""Alembic migrations: the schema's history, applied by `settlement.storage.migrate`."""

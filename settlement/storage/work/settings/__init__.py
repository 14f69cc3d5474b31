"""Settings of the deployment that are kept in the database.

Lives here: versions of the settings that move money.
May import: `settlement.model`, SQLAlchemy.
Start at: `versions.py`.
"""

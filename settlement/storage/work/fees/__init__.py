"""Imports of billing exports: their records, and the rows of a snapshot in progress.

Lives here: statements about `fee_import`, `fee_export` and the rows that are staged to be compared.
May import: `settlement.model`, `settlement.errors` and the SQL of `settlement.storage`; no rules, no plans.
Start at: `fee_snapshots.py`.
"""

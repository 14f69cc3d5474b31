"""What is presented of gateways' own acts, and of how their books compare with ours.

Lives here: one file per noun.
May import: as `interfaces.fields`.
Start at: `reconciliation.py`.
"""

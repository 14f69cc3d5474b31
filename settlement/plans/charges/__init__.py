"""Charges of payment methods: what to collect, what follows from a decline, and what follows an inflow.

Lives here: decisions only; the calls are made by `settlement.operations.gateway`.
May import: `settlement.plans.draft`, `write_off`, rules and model.
Start at: `collection.py`.
"""

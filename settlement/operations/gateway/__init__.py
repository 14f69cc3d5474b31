"""Calls at gateways: claimed, made outside any transaction, booked as a set.

Lives here: charges, refunds, authorizations, webhooks, reconciliation.
May import: every other room of `settlement`.
Start at: `charges.py`.
"""

"""Stripe behind the port, by its official library.

Lives here: calls, errors, amounts, refunds.
May import: the port, `settlement.model`, Stripe's library (extra `stripe`).
Start at: `gateway.py`.
"""

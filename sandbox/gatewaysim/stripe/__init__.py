"""Stripe's side of the stand-in.

Lives here: its routes, refunds and wire format.
May import: starlette and the rest of the stand-in.
Start at: `api.py`.
"""

"""PayPal's side of the stand-in.

Lives here: its routes, objects, reports and webhooks.
May import: starlette and the rest of the stand-in.
Start at: `api.py`.
"""

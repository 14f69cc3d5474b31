"""The HTTP server: takes webhooks in, and says whether it is alive. `settle serve`.

Lives here: the ASGI app and its routes.
May import: starlette, `settlement.operations`, and `worker`.
Start at: `app.py`.
"""

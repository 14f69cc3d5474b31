"""The HTTP server: takes webhooks in, and says whether it is alive. `settle serve`.

Lives here: the server, the ASGI app and its routes.
May import: starlette, uvicorn, `settlement.operations`, and `worker`.
Start at: `server.py`; `app.py` has the routes.
"""

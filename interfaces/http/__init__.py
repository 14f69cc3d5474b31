"""The HTTP server: webhooks in, the API for programs, the console for people, health and metrics. `settle serve`.

Lives here: the server, the ASGI app and its routes, readiness; `api`, `console` and `metrics`.
May import: starlette, uvicorn, `worker`, `config`, `settlement` but its storage, `interfaces.fields` and `.objects`;
not `interfaces.cli`.
Start at: `server.py`; `app.py` has the routes.
"""

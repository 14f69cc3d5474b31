"""The console: pages for finance people and operators, at `/console` of `settle serve`.

Lives here: signing in, pages, forms that become events, what is drawn, templates and assets.
May import: starlette, jinja2, `interfaces.fields`, `interfaces.http.api`, `settlement.operations` and `.queries`.
Start at: `routes.py`.
"""

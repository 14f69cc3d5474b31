"""A stand-in for payment gateways, on the wire: `settle gatewaysim`, or `python -m sandbox.gatewaysim`.

Lives here: an HTTP server that answers the calls we make to Stripe and PayPal as they do, fails as they fail, and keeps
a ledger of what it really charged. A tool for people who integrate; it moves no money and knows nothing of settle.
May import: the standard library, starlette and uvicorn; cryptography to sign as PayPal does.
Start at: `app.py` and `state.py`.
"""

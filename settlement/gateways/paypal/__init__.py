"""PayPal behind the port, by its official library.

Lives here: calls, errors, refunds, search, signatures of webhooks.
May import: the port, `settlement.model`, PayPal's library (extra `paypal`).
Start at: `gateway.py`.
"""

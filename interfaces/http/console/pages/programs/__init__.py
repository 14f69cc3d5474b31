"""Pages about the programs of others: webhooks that they are sent, keys with which they call, senders that they are.

Lives here: handlers.
May import: as `interfaces.http.console`.
Start at: `webhooks.py`.
"""

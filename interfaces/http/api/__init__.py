"""The HTTP API: events and commands in, everything that is kept out.

Lives here: the context of a request, keys, events in with their group commit, commands, listings.
May import: what `interfaces.http` may.
Start at: `routes.py`.
"""

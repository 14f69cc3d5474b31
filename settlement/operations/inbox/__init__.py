"""From an ingress to booked events, and from the outbox to the outside.

Lives here: receive, drain, relay, imports, previews.
May import: every other room of `settlement`.
Start at: `drain.py`.
"""

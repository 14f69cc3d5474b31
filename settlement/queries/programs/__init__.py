"""Reads about the programs of others that plug in.

Lives here: who may send what, and with which keys.
May import: as `settlement.queries`.
Start at: `senders.py`.
"""

"""Reads about the programs of others that plug in.

Lives here: who may send what and with which keys, announcements to catch up with, endpoints and deliveries.
May import: as `settlement.queries`.
Start at: `senders.py`.
"""

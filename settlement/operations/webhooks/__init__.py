"""Announcements delivered to web addresses: signed, in order, tried until they are taken.

Lives here: endpoints as people set them up, the round of deliveries, one request, its signature, addresses.
May import: every other room of `settlement`; httpx in `requests.py` alone, which is an extra.
Start at: `deliveries.py`.
"""

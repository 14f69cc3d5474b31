"""Commands about who may send and read what.

Lives here: senders, keys.
May import: what `interfaces.cli` may.
Start at: `keys.py`.
"""

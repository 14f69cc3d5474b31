"""What is kept of the programs of others that plug in.

Lives here: senders and their keys, deliveries to their web addresses.
May import: `settlement.model`, SQLAlchemy.
Start at: `senders.py`.
"""

"""Commands about accounts and what they own.

Lives here: accounts, cards, coupons, methods, terms, relationships.
May import: what `interfaces.cli` may.
Start at: `accounts.py`.
"""

"""Bills from the first fee to the end of what could pay them.

Lives here: accrual, imports, issuance, coupons, expiry.
May import: the plans below: draft, write-off, charges; rules and model.
Start at: `issuance.py`.
"""

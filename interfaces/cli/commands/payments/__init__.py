"""Commands about money that moves by hand, and at gateways.

Lives here: payments, transfers, unified settlements, charges, refunds, reconciliation.
May import: what `interfaces.cli` may.
Start at: `payments.py`.
"""

"""Money at gateways as nouns: charges, refunds, and how both are compared with the gateway's books.

Lives here: attempts, methods, answers, and the amounts that gateways take.
May import: `settlement.model` and the standard library.
Start at: `charges.py`.
"""

"""Money outside: the port to payment gateways and its implementations.

Lives here: the gateway protocol and one adapter per provider.
May import: `settlement.model` and `settlement.errors`; never rules, plans or storage.
Start at: `port.py`.
"""

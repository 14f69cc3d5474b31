"""Money outside: the port to payment gateways and its implementations.

Lives here: the gateway protocol and one adapter per provider.
May import: `settlement.model`; never rules or plans.
Start at: the port.
"""

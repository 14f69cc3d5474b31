"""Commands for trying it out on one machine.

Lives here: up, down, demo, clock, gatewaysim.
May import: what `interfaces.cli` may, and `sandbox`.
Start at: `stack.py`.
"""

"""Commands about events and fees that come in.

Lives here: emit, inbox, fees.
May import: what `interfaces.cli` may.
Start at: `emit.py`.
"""

"""Books what gateways answered, for a set of calls at once.

Lives here: one plan per kind of call.
May import: every other plan but `explain` and `events`.
Start at: `charges.py`.
"""

"""What accepted events bring about: one handler per command, by subject.

Lives here: the plan of a set of events, and the handlers that it gives each command to.
May import: every other room of `settlement.plans`.
Start at: `plan.py`.
"""

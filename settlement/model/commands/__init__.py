"""What accepted events want done, in the domain's own terms: validated, amounts in minor units.

Lives here: one frozen dataclass per kind of event, by subject; each names what it needs loaded beside its account.
May import: `settlement.model` and the standard library.
Start at: `command.py`.
"""

"""What accepted events ask for, in the domain's own terms: validated, amounts in minor units.

Lives here: one frozen dataclass per kind of event.
May import: `settlement.model` and the standard library.
Start at: `head.py`.
"""

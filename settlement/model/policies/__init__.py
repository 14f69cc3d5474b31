"""The values that rules depend on, handed in by whoever reads the settings.

Lives here: one frozen dataclass per subject.
May import: `settlement.model` and the standard library.
Start at: `policy.py`.
"""

"""The imperative shell: one file per business act, each of them load, plan, apply.

Lives here: `settle`, the one shape, and the acts built on it.
May import: every other room of `settlement`.
Start at: `settle.py`.
"""

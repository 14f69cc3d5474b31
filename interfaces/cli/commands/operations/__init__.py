"""Commands for operators.

Lives here: month close, runs, status, doctor, audit, and what was set aside.
May import: what `interfaces.cli` may.
Start at: `status.py`.
"""

"""The announcements that plans make.

Lives here: one function per fact, by subject.
May import: `settlement.plans.draft` and `settlement.model`.
Start at: `bills.py`.
"""

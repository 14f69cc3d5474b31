"""Commands about bills and what paid them.

Lives here: bills, explain, overdue, statements, repayments.
May import: what `interfaces.cli` may.
Start at: `bills.py`.
"""

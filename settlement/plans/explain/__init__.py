"""Why a bill is unsettled, and what comes next. Asks the plans themselves, on a copy.

Lives here: reasons by subject.
May import: every other plan but `events`.
Start at: `reasons.py`.
"""

"""What operators look at, as it is presented.

Lives here: checks of the audit, messages that no task could take, settings that move money.
May import: as `interfaces.fields`.
Start at: `settings.py`.
"""

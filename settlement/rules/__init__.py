"""Facts of billing as pure functions, one question a file: what is due, who may pay, in which order.

Lives here: functions from model values to model values, each naming its number in docs/rules.md.
May import: the standard library and `settlement.model`; no input or output, no clock.
Start at: `calendar.py` and `waterfall.py`.
"""

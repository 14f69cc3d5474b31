"""From a draft to changes: what stands above the draft and turns what was touched into rows.

Lives here: `finish`, and its parts by subject.
May import: `settlement.plans.draft`, announcements, rules and model.
Start at: `changes.py`.
"""

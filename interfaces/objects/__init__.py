"""What single things are: for programs one JSON object each, made of the fields of what belongs to them, and a
statement in words and tables for people.

Lives here: one file per noun that has more to it than its fields.
May import: `interfaces.fields`, `settlement.queries` and `operations`.
Start at: `accounts.py`.
"""

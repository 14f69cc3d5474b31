"""From settings to the values that rules and gateways take, amounts parsed and ranges checked.

Lives here: collection and gateways, credit control, and the working days that due dates count.
May import: `config`, `settlement`.
Start at: `collection.py`.
"""

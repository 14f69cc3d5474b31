"""What an interface presents of a noun, declared once: its name for programs, its heading for people, how it is read.

From one list of fields come a noun's table, its JSON object and its line of CSV, in whatever interface.

Lives here: `field.py`, `values.py`, one file per noun.
May import: `settlement.model`; `settlement.rules` for how repayments are grouped; `settlement.queries` and reports of
`settlement.operations` by type, or inside a function that needs a figure of theirs. No terminal, server or process.
Start at: `field.py`.
"""

"""How results look: tables on a terminal, plain text in a pipe, JSON and CSV for programs.

Lives here: output, figures, progress, and the longer pages.
May import: `settlement.model`, `settlement.queries`, rich.
Start at: `output.py`.
"""

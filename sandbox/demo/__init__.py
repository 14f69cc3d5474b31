"""What the demonstration needs and a deployment does not: sample data made from a seed.

Lives here: the generator of FOCUS exports in the styles of several providers.
May import: `settlement`.
Start at: `sample_focus.py`.
"""

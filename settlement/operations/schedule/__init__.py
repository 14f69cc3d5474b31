"""What the calendar owes: asked by every tick, done once.

Lives here: the tick, runs, and one file per calendar job.
May import: every other room of `settlement`.
Start at: `tick.py`.
"""

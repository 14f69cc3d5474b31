"""What has to be true after a run, subject by subject.

Imports nothing of the product, since it proves it; but for `audit.py`, which runs the product's own proof beside it.
"""

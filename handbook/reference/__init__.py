"""The pages of docs/reference, each written from what it describes, so that none can say what is not so.

Lives here: one writer a page; a test compares what they write with what is committed.
May import: config, interfaces, settlement.
Start at: `pages.py`.
"""

"""What each operation of the API sends, a function an operation, called as the OpenAPI document calls it.

Lives here: for both clients, whose methods say what they take and what they return.
May import: `models`, `requests`, `values`.
Start at: `bills.py`.

Written by `make docs` from the OpenAPI document: changes to this file are lost.
"""

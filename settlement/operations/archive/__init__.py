"""Old months written out to files, and removed from the database. Rule: R11.12.

Lives here: which bills may go, the files with their checksums, the transactions that write out, the files read again.
May import: every other room of `settlement`; pyarrow in `files.py` alone, which is an extra.
Start at: `months.py`.
"""

"""The pages of the console, one subject a file: what is read for one, and what its forms do.

Lives here: handlers. What they show is in `templates`.
May import: as `interfaces.http.console`.
Start at: `overview.py`.
"""

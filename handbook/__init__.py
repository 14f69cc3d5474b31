"""The docs as a site: `python -m handbook` writes the reference from the code, `handbook.site` builds the site.

Lives here: writers of docs/reference, and what lays the pages out for the builder of the site.
May import: everything that a page is written from; nothing imports it, and it is in no wheel.
Start at: `__main__.py`, `site.py`.
"""

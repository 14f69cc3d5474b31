"""Everything that is kept, for programs: listings page by page or whole as CSV, single things, announcements.

Lives here: what a listing and a single thing are, which there are, the parameters by which they are narrowed.
May import: what `interfaces.http` may.
Start at: `listings.py`.
"""

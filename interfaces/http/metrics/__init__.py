"""What a Prometheus server reads at `GET /metrics`: counts, sums and ages, by subject. No names of accounts.

Lives here: one file a subject, the text that they come to.
May import: what `interfaces.http` may.
Start at: `page.py`.
"""

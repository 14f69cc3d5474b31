"""The domain: bills, money and the one path that moves it. Knows neither Celery nor settings.

Lives here: `model` (nouns), `rules` (facts), `plans` (decisions), `storage` (PostgreSQL), `gateways` (money outside),
`events` (messages), `focus` (billing exports), `operations` (the imperative shell) and `errors`.
May import: nothing of `worker`, `tasks` or `config`. The clock is always an argument.
Start at: `operations/settle.py`, the one shape `load -> plan -> apply`.
"""

# The release. Everything else that names it takes it from here, or is held to it by a test.
__version__ = "0.3.0"

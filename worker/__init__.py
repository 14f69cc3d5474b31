"""The process: the only room that imports Celery.

Lives here: the app, the typed task decorator, queues, schedule, health, logging, the command line and, in `local`, the
servers and processes of a laptop.
May import: `settlement` and `config`.
Start at: `app.py`.
"""

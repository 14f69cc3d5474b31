"""What a Celery process is: the only room that imports Celery.

Lives here: the app, the typed task decorator, queues, beat's schedule, the runtime, lifecycle, health, logging, the way
to the broker (`celery`), the way in for events (`ingress`), and the values that settings stand for (`policies`).
May import: `settlement` and `config`.
Start at: `app.py`.
"""

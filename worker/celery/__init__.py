"""What this system changes about Celery itself.

Lives here: transport, consumer, heartbeats, beat, quarantine.
May import: Celery, kombu, `settlement`, `config`.
Start at: `consumer.py`.
"""

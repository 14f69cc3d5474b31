"""Top-ups: how many a second and how soon, door by door, beside Celery's no-op tasks."""

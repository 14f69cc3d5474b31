"""Messages by Celery's name alone, and workers killed while they have them: by our transport, and by Celery's own."""

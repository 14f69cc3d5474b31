"""Settings of a deployment, read from the environment. Imported by `worker` alone.

Lives here: `settings.py` and `env.example`, which lists every variable with its default.
May import: pydantic and pydantic-settings; nothing of the project.
Start at: `settings.py`.
"""

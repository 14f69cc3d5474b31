"""How people and programs reach the system.

Lives here: `cli`, the command `settle`, and `http`, the server.
May import: `worker`, `settlement`, `config`; `sandbox` from the commands that start it.
Start at: `cli/main.py`.
"""

"""How people and programs reach the system.

Lives here: `cli`, the command `settle`, and `http`, the server, which do not import each other; what both present is in
`fields` and `objects`, and which event each command is in `resources.py`.
May import: `worker`, `settlement`, `config`; `sandbox` from the commands that start it.
Start at: `cli/main.py`.
"""

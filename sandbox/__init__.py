"""What one needs to try the system, and nothing that production imports.

Lives here: embedded servers (`local`), a stand-in for gateways (`gatewaysim`), the demonstration (`demo`).
May import: `interfaces`, `worker`, `settlement`, `config`.
Start at: `local/stack.py`.
"""
